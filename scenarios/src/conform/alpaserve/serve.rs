//! Groups that serve: pipelines of stages, first come, first served, whoever would come too late turned away.

use sim_core::units::convert;

use super::arrivals::gamma;
use super::setting::{Group, Setting};

/// Fitted, in seconds: a request on one GPU, which is also what objectives are multiples of; on four GPUs that share each
/// operator; in the slowest and in any other stage of a pipeline of eight.
const ALONE: f64 = 0.2375;
const SHARED: f64 = 0.0885;
const SLOWEST: f64 = 0.0335;
const OTHER: f64 = 0.0305;
/// Published: what each stage adds to each stage's time, and what a request takes besides, in seconds.
const PER_STAGE: f64 = 0.009;
const BESIDES: f64 = 0.011;
/// Seconds at both ends that do not count.
const WARMUP: f64 = 10.0;

/// Share of the requests that are served in time.
pub(super) fn attained(setting: &Setting) -> Result<f64, String> {
    let stages: Result<Vec<Vec<f64>>, String> = setting.groups.iter().map(stages).collect();
    let (stages, objective) = (stages?, setting.slo * ALONE);
    let mut free: Vec<Vec<f64>> = stages.iter().map(|times| vec![0.0; times.len()]).collect();
    let requests = requests(setting);
    let in_time: Vec<bool> = requests
        .iter()
        .map(|(arrived, model)| {
            let Some(group) = freest(&setting.groups, &free, *model) else {
                return false;
            };
            let mut then = *arrived;
            let pairs = free[group].iter().zip(&stages[group]);
            let ends = pairs.map(|(free, time)| {
                then = then.max(*free) + time;
                then
            });
            let ends: Vec<f64> = ends.collect();
            let is_in_time = then + BESIDES - arrived <= objective;
            if is_in_time {
                free[group] = ends;
            }
            is_in_time
        })
        .collect();
    let count = convert::real(convert::wide(requests.len()));
    let (Some(first), Some(last)) = (requests.first(), requests.last()) else {
        return Err("no request comes".to_owned());
    };
    let skip = convert::floor(WARMUP / (last.0 - first.0) * count);
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let counted = skip..requests.len().saturating_sub(skip);
    let counted = in_time.get(counted).filter(|counted| !counted.is_empty());
    let counted = counted.ok_or("no request counts")?;
    let served = counted.iter().filter(|in_time| **in_time).count();
    let real = |count: usize| convert::real(convert::wide(count));
    Ok(real(served) / real(counted.len()))
}

/// Times of the stages of a group.
fn stages(group: &Group) -> Result<Vec<f64>, String> {
    let mut times = match group.shape {
        (1, 1) => vec![ALONE],
        (4, 1) => vec![SHARED],
        (1, 8) => [vec![SLOWEST], vec![OTHER; 7]].concat(),
        (op, pp) => return Err(format!("op={op}, pp={pp}: its times are not known")),
    };
    let longer = 1.0 + PER_STAGE * f64::from(group.shape.1);
    for time in &mut times {
        *time *= longer;
    }
    Ok(times)
}

/// All requests: when each comes, and for which model.
fn requests(setting: &Setting) -> Vec<(f64, u32)> {
    let weight = |model: u32| 1.0 / (f64::from(model) + 1.0).sqrt();
    let all: f64 = (0..setting.models).map(weight).sum();
    let of = |model: u32| {
        let rate = setting.rate * weight(model) / all;
        let instants = gamma(model, rate, setting.variation, setting.duration);
        instants.into_iter().map(move |instant| (instant, model))
    };
    let mut requests: Vec<(f64, u32)> = (0..setting.models).flat_map(of).collect();
    requests.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    requests
}

/// Of the groups that hold a model, the first one of those whose last stage is free first.
fn freest(groups: &[Group], free: &[Vec<f64>], model: u32) -> Option<usize> {
    let last = |at: &usize| *free[*at].last().expect("a group has a stage");
    let holds = |at: &usize| groups[*at].models.contains(&model);
    let holding = (0..groups.len()).filter(holds);
    holding.min_by(|a, b| last(a).total_cmp(&last(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_is_never_late_attains_all_and_one_without_the_model_nothing() {
        let mut setting = Setting {
            models: 2,
            rate: 1.0,
            variation: 4.0,
            duration: 500.0,
            slo: 1e6,
            policy: String::new(),
            groups: vec![Group {
                shape: (1, 8),
                models: vec![0, 1],
            }],
            attained: 0.0,
        };
        let all = attained(&setting).expect("sound");
        assert!((all - 1.0).abs() < 1e-12);
        setting.groups[0].models.clear();
        assert!(attained(&setting).expect("sound") < 1e-12);
        // Alone, a request takes a hundredth more than the objective's unit, and 11 ms.
        setting.groups[0].models = vec![0, 1];
        setting.groups[0].shape = (1, 1);
        setting.slo = 1.0;
        assert!(attained(&setting).expect("sound") < 1e-12);
        setting.groups[0].shape = (2, 1);
        assert!(attained(&setting).is_err());
    }

    #[test]
    fn the_group_that_is_free_first_is_taken_and_of_two_the_first() {
        let group = |models: &[u32]| Group {
            shape: (1, 1),
            models: models.to_vec(),
        };
        let groups = [group(&[0]), group(&[0, 1]), group(&[0, 1])];
        let free = [vec![1.0], vec![3.0], vec![3.0]];
        assert_eq!(freest(&groups, &free, 0), Some(0));
        assert_eq!(freest(&groups, &free, 1), Some(1));
        assert_eq!(freest(&groups, &free, 2), None);
    }
}
