"""Environments: what an agent sees and gains follows from the scenario, the seed and its actions, and from nothing else."""

import gymnasium
import numpy
import pytest
import windtunnel
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from sb3_contrib import MaskablePPO
from stable_baselines3.common.env_checker import check_env as check_env_of_sb3

import windtunnel.gym
from windtunnel.gym import SchedulingEnv, SchedulingVectorEnv

AGENT = """
name = "agent"
seed = 5

[horizon]
end = "drain"

[[fleet]]
name = "f"
instance = { gpus = 4, gpu = "V100" }
price = "$2"
count = 8

[[workload]]
name = "w"
task-gpus = "gpu"
estimate = { model = "factor", factor = 2.0 }

[workload.synth]
model = "lublin"
jobs = 150
procs = 32

[reward]
spend = 0.0
penalty = 0.0
queue = 0.0
slowdown = 1.0

[[policy]]
name = "fifo"
order = "fifo"
admit = "easy"

[[policy]]
name = "agent"
kind = "learned"
asks = { kind = "order", window = 16 }
order = "shortest"
admit = "easy"
"""

# A choice of starts, of which few fit, with a row that is to wait.
START = AGENT.replace("window = 16 }", 'window = 16, choose = "start" }').replace('admit = "easy"\n', 'admit = "strict"\n')

# Where it is cut off.
CUT = AGENT.replace('end = "drain"', 'end = "12h"')


@pytest.fixture(scope="module", params=[AGENT, START, CUT], ids=["next", "start", "cut"])
def scenario(request):
    return windtunnel.load(request.param)


def flown(environment, seed, chosen):
    """An episode as a list of all that came back, each action being what `chosen` says of the mask."""
    observation, info = environment.reset(seed=seed)
    rows = [(observation.tobytes(), info["action_mask"].tobytes(), info["seed"])]
    while True:
        action = chosen(info["action_mask"])
        observation, reward, terminated, truncated, info = environment.step(action)
        rows.append((action, observation.tobytes(), reward, terminated, truncated, info["action_mask"].tobytes()))
        if terminated or truncated:
            return rows, info


def by_lot(seed):
    lot = numpy.random.default_rng(seed)
    return lambda mask: int(lot.choice(numpy.flatnonzero(mask)))


@pytest.mark.parametrize("observation", ["flat", "dict"])
@pytest.mark.parametrize("text", [AGENT, START, CUT], ids=["next", "start", "cut"])
@pytest.mark.filterwarnings("ignore:.*Box observation space (min|max)imum value is.*infinity")
@pytest.mark.filterwarnings("ignore:.*alternative render modes")
@pytest.mark.filterwarnings("error")
def test_the_checkers_of_gymnasium_and_stable_baselines_have_nothing_to_say(text, observation):
    check_env(SchedulingEnv(text, observation=observation))
    check_env_of_sb3(SchedulingEnv(text, observation=observation))


def test_gymnasium_makes_it_by_its_name():
    one = gymnasium.make("windtunnel/Scheduling-v0", scenario=AGENT)
    observation, _ = one.reset(seed=1)
    assert one.observation_space.contains(observation)
    many = gymnasium.make_vec("windtunnel/Scheduling-v0", num_envs=2, scenario=AGENT)
    observations, _ = many.reset(seed=1)
    assert observations.shape == (2, *observation.shape)
    assert many.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP


def test_every_allowed_action_is_done_and_every_masked_one_is_not(scenario):
    environment = SchedulingEnv(scenario)
    lot = numpy.random.default_rng(1)
    _, info = environment.reset(seed=1)
    seen = {True: 0, False: 0}
    for _ in range(3000):
        mask = info["action_mask"].astype(bool)
        assert mask.any() and (environment.action_masks() == mask).all()
        action = int(lot.integers(len(mask)))
        before = environment.snapshot()
        stepped = environment.step(action)
        info = stepped[-1]
        assert info.get("replaced", False) == (not mask[action])
        seen[bool(mask[action])] += 1
        if not mask[action]:
            environment.restore(before)
            stood_in = environment.step(int(numpy.flatnonzero(mask)[0]))
            assert stepped[1:4] == stood_in[1:4] and (stepped[0] == stood_in[0]).all()
        if stepped[2] or stepped[3]:
            _, info = environment.reset()
    assert min(seen.values()) > 100, seen


def test_a_seed_and_actions_give_the_same_bits(scenario):
    first, _ = flown(SchedulingEnv(scenario), 7, by_lot(1))
    again, _ = flown(SchedulingEnv(scenario), 7, by_lot(1))
    other, _ = flown(SchedulingEnv(scenario), 8, by_lot(1))
    assert first == again and len(first) > 10
    assert first != other


def test_many_side_by_side_are_each_what_it_is_alone(scenario):
    count, steps = 40, 60
    runs = {}
    for threads in (1, 2):
        for mode in AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP:
            many = SchedulingVectorEnv(scenario, count, autoreset_mode=mode, threads=threads)
            runs[threads, mode] = side_by_side(many, count, steps)
    for mode in AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP:
        assert runs[1, mode] == runs[2, mode]
    for at in range(0, count, 7):
        alone = one_after_the_other(SchedulingEnv(scenario), 100 + at, at, runs[1, AutoresetMode.SAME_STEP][at])
        assert alone == runs[1, AutoresetMode.SAME_STEP][at]
        alone = one_after_the_other(SchedulingEnv(scenario), 100 + at, at, runs[1, AutoresetMode.NEXT_STEP][at])
        assert alone == runs[1, AutoresetMode.NEXT_STEP][at]


def side_by_side(many, count, steps):
    """Of each environment: actions, rewards, ends and observations, but for steps in which it was only begun anew."""
    next_step = many.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    lots = [by_lot(at) for at in range(count)]
    observations, infos = many.reset(seed=100)
    rows = [[observations[at].tobytes()] for at in range(count)]
    over = numpy.zeros(count, bool)
    for _ in range(steps):
        actions = [0 if next_step and over[at] else lots[at](infos["action_mask"][at]) for at in range(count)]
        observations, rewards, terminated, truncated, infos = many.step(numpy.array(actions))
        for at in range(count):
            if next_step and over[at]:
                assert rewards[at] == 0 and not terminated[at] and not truncated[at]
                rows[at].append(observations[at].tobytes())
                continue
            ended = bool(terminated[at] or truncated[at])
            last = infos["final_obs"][at] if ended and not next_step else observations[at]
            rows[at].append((actions[at], float(rewards[at]), bool(terminated[at]), bool(truncated[at]), last.tobytes()))
            if ended and not next_step:
                assert infos["final_info"]["finish"][at] in ("drained", "horizon", "stuck")
                rows[at].append(observations[at].tobytes())
            if ended and next_step:
                assert infos["finish"][at] in ("drained", "horizon", "stuck") and infos["_finish"][at]
        over = terminated | truncated
    return rows


def one_after_the_other(alone, seed, lot, wanted):
    lot = by_lot(lot)
    observation, info = alone.reset(seed=seed)
    rows = [observation.tobytes()]
    while len(rows) < len(wanted):
        action = lot(info["action_mask"])
        observation, reward, terminated, truncated, info = alone.step(action)
        rows.append((action, reward, terminated, truncated, observation.tobytes()))
        if (terminated or truncated) and len(rows) < len(wanted):
            observation, info = alone.reset()
            rows.append(observation.tobytes())
    return rows


def test_some_are_begun_anew_where_nobody_else_does(scenario):
    many = SchedulingVectorEnv(scenario, 3, autoreset_mode=AutoresetMode.DISABLED)
    observations, _ = many.reset(seed=1)
    over = numpy.zeros(3, bool)
    while not over.any():
        observations, _, terminated, truncated, infos = many.step(numpy.zeros(3, int))
        over = terminated | truncated
    with pytest.raises(windtunnel.InvariantError, match="the episode is over: reset"):
        many.step(numpy.zeros(3, int))
    begun, infos = many.reset(options={"reset_mask": over})
    for at in range(3):
        assert (begun[at] == observations[at]).all() == (not over[at])
        assert infos["action_mask"][at].any()


def test_what_goes_back_goes_on_alike(scenario):
    environment = SchedulingEnv(scenario)
    whole, _ = flown(environment, 3, by_lot(2))
    actions = [row[0] for row in whole[1:]]
    lot = numpy.random.default_rng(9)
    for cut in sorted(lot.integers(0, len(actions), 8)):
        environment.reset(seed=3)
        for action in actions[:cut]:
            environment.step(action)
        kept = environment.snapshot()
        elsewhere = SchedulingEnv(scenario)
        for _ in range(2):
            for other in (environment, elsewhere):
                other.reset(seed=77)
                observation, info = other.restore(kept)
                assert (observation.tobytes(), info["action_mask"].tobytes()) == (
                    whole[cut][:2] if cut == 0 else (whole[cut][1], whole[cut][5])
                )
                for at, action in enumerate(actions[cut:], cut + 1):
                    observation, reward, terminated, truncated, info = other.step(action)
                    assert whole[at][1:5] == (observation.tobytes(), reward, terminated, truncated)


def test_rewards_add_up_to_what_the_scenario_says_of_the_run(scenario):
    rows, info = flown(SchedulingEnv(scenario), 11, by_lot(4))
    gained = sum(row[2] for row in rows[1:])
    assert gained == pytest.approx(-info["terms"]["slowdown"] / 150, abs=1e-9)


def test_who_follows_the_advice_flies_the_run_of_the_heuristic():
    # First come, first served: whoever was chosen stays the first, as nobody comes before him later.
    scenario = windtunnel.load(AGENT, set={"policy.agent.order": "fifo"})
    environment = SchedulingEnv(scenario)
    _, begun = environment.reset(seed=11)
    gained = 0.0
    while True:
        _, reward, terminated, truncated, info = environment.step(environment.advice())
        gained += reward
        if terminated or truncated:
            break
    run = windtunnel.run(scenario, "agent", seed=begun["seed"])
    assert run.digests == windtunnel.run(scenario, "fifo", seed=begun["seed"]).digests
    assert info["digests"] == [run.digests.decisions, run.digests.facts]
    assert info["finish"] == run.finish
    assert -gained == pytest.approx(run.metrics["bounded_slowdown_mean"], rel=1e-9)


def test_a_scenario_without_an_agent_is_refused(tiny):
    with pytest.raises(windtunnel.ScenarioError, match="no policy of this scenario is learned"):
        SchedulingEnv(tiny)
    with pytest.raises(windtunnel.ScenarioError, match='policy "fifo" asks nobody'):
        SchedulingEnv(AGENT, "fifo")


def test_an_environment_that_another_thread_is_at_says_so():
    import threading

    many = SchedulingVectorEnv(AGENT, 64, threads=1)
    many.reset(seed=1)
    said = []

    def step():
        try:
            for _ in range(200):
                many.step(numpy.zeros(64, int))
        except RuntimeError as error:
            said.append(str(error))

    threads = [threading.Thread(target=step) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said and all("another thread is at these environments" in words for words in said)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_maskable_ppo_trains_ten_thousand_steps():
    scenario = windtunnel.load(AGENT)
    model = MaskablePPO("MlpPolicy", SchedulingEnv(scenario), n_steps=1024, batch_size=256, seed=1, device="cpu")
    before = [parameter.detach().numpy().copy() for parameter in model.policy.parameters()]
    model.learn(10_000)
    assert model.num_timesteps >= 10_000
    after = [parameter.detach().numpy() for parameter in model.policy.parameters()]
    assert any((one != other).any() for one, other in zip(before, after))
    assert all(numpy.isfinite(parameter).all() for parameter in after)
    environment = SchedulingEnv(scenario)
    observation, info = environment.reset(seed=1)
    over = False
    while not over:
        action, _ = model.predict(observation, action_masks=environment.action_masks(), deterministic=True)
        observation, _, terminated, truncated, info = environment.step(int(action))
        assert "replaced" not in info
        over = terminated or truncated
