//! A queue in front of `c` servers, first come, first served: arrivals are streamed, only departures are in the heap.

use std::collections::VecDeque;

use super::{Ends, earlier};

/// Serves `customers`, pairs of arrival and service time sorted by arrival, on `servers` servers; returns how many there
/// were, and the sum of what they waited.
pub fn mmc(mut customers: impl Iterator<Item = (u64, u64)>, servers: u32) -> (u64, u128) {
    let (mut ends, mut free) = (Ends::default(), servers);
    let mut queue: VecDeque<(u64, u64)> = VecDeque::new();
    let (mut served, mut waited) = (0, 0);
    let mut next = customers.next();
    while let Some(now) = earlier(ends.next(), next.map(|(arrival, _)| arrival)) {
        while ends.pop_at(now).is_some() {
            free += 1;
        }
        while let Some(customer) = next.filter(|(arrival, _)| *arrival == now) {
            queue.push_back(customer);
            next = customers.next();
        }
        while free > 0 {
            let Some((arrival, service)) = queue.pop_front() else {
                break;
            };
            free -= 1;
            waited += u128::from(now - arrival);
            ends.push(now + service, usize::try_from(served).expect("64 bits"));
            served += 1;
        }
    }
    (served, waited)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customers::Customers;
    use crate::flight::{self, Rule, Starts};

    #[test]
    fn serves_every_customer_when_the_engine_does() {
        let customers = Customers::new(20_000, 100);
        let mut starts = Starts::default();
        flight::fly(
            &flight::world(2, 50),
            Box::new(customers.clone()),
            Rule::Fifo,
            &mut starts,
        );
        let waits = customers
            .clone()
            .zip(&starts.0)
            .map(|((arrival, _), start)| u128::from(start - arrival));
        let (served, waited) = mmc(customers.clone(), 100);
        assert_eq!((served, waited), (20_000, waits.sum()));
        assert!(waited > 0, "a queue without waiting compares nothing");
    }
}
