"""Steps a second through a single environment on one core, beside Gymnasium's CartPole.

    python python/benches/steps.py

Windows of 1,024 jobs of Lublin and Feitelson's model on 256 single-GPU nodes, as RLScheduler has them; rows are chosen in turn,
those that are masked among them replaced. Published for that environment: 4,900 steps a second, 7,900 with backfilling.
"""

import itertools
import statistics
import time

import gymnasium

import windtunnel
from windtunnel.gym import SchedulingEnv

PROMISED = 150_000
ROUNDS = 7
SECONDS = 1.0

LUBLIN = """
name = "bench"

[[fleet]]
name = "f"
instance = {{ gpus = 1, gpu = "V100" }}
price = "$2"
count = 256

[[workload]]
name = "w"
task-gpus = 1
estimate = {{ model = "factor", factor = 1.0 }}

[workload.synth]
model = "lublin"
jobs = 1024
procs = 256

[reward]
spend = 0.0
penalty = 0.0
queue = 0.0
slowdown = 1.0

[[policy]]
name = "asks"
kind = "learned"
asks = {{ kind = "order", window = {window}, choose = "{choose}" }}
order = "fifo"
admit = "{admit}"
place = "first-fit"
"""


def steps_per_second(environment, actions, with_resets):
    """The median of several rounds; without resets, only what passes within `step` counts."""
    environment.reset(seed=1)
    step, rates = environment.step, []
    for _ in range(ROUNDS):
        steps, spent, begun = 0, 0.0, time.perf_counter()
        while time.perf_counter() - begun < SECONDS:
            since = time.perf_counter()
            over = False
            while not over:
                _, _, terminated, truncated, _ = step(next(actions))
                steps += 1
                over = terminated or truncated
            spent += time.perf_counter() - since
            environment.reset()
        rates.append(steps / (time.perf_counter() - begun if with_resets else spent))
    return statistics.median(rates)


def main():
    print(f"steps a second, one core, median of {ROUNDS} rounds: in step alone, and with resets")
    cart = gymnasium.make("CartPole-v1").unwrapped
    rates = [steps_per_second(cart, itertools.cycle([0, 1]), whole) for whole in (False, True)]
    print(f"{'CartPole-v1':32} {rates[0]:>10,.0f} {rates[1]:>10,.0f}")
    for choose, admit, window in [
        ("next", "easy", 128),
        ("next", "strict", 128),
        ("next", "strict", 32),
        ("next", "easy", 32),
        ("start", "strict", 32),
    ]:
        scenario = windtunnel.load(LUBLIN.format(choose=choose, admit=admit, window=window))
        environment = SchedulingEnv(scenario)
        rates = [steps_per_second(environment, itertools.cycle(range(window)), whole) for whole in (False, True)]
        verdict = "holds" if rates[0] >= PROMISED else "MISSED"
        name = f"{choose}, {window} rows, {admit}"
        print(f"{name:32} {rates[0]:>10,.0f} {rates[1]:>10,.0f}   ({PROMISED:,} promised: {verdict})")


if __name__ == "__main__":
    main()
