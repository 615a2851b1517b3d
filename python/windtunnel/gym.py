"""Scheduling as a decision process, for agents that learn: Gymnasium environments over a scenario's learned policy.

    environment = windtunnel.gym.SchedulingEnv("agent.toml")
    observation, info = environment.reset(seed=1)
    observation, reward, terminated, truncated, info = environment.step(environment.advice())

An action is a row of the question that the policy asks (which job is next, say); `info["action_mask"]` and `action_masks()`
say which may be chosen now, at least one, exactly those that the engine accepts. An action that is masked does not stop
anybody: the first that is not stands in, and `info["replaced"]` says so. An observation is the context of the question, then
its rows one after the other, then zeros. Rewards are those of `[reward]` in the scenario; over an episode they add up to
what it says of the whole run.

Everything follows from the scenario, the seed and the actions, to the last bit: alone, side by side, on any number of
threads, and after `restore`. Episodes are flown with seeds that no comparison uses; `info["seed"]` at a reset is that of the
scenario, so that `windtunnel.run(scenario, policy, seed)` flies the same jobs.
"""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence, Tuple, Union

import gymnasium
import numpy
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from ._flights import load
from ._source import Data, Path, Sets
from ._windtunnel import Environment, Environments, Scenario, Snapshot

#: Below what a seed is drawn where none is given.
_SEEDS = 2**31


def _scenario(scenario: Union[Path, Scenario], set: Optional[Sets], data: Optional[Data]) -> Scenario:
    if not isinstance(scenario, Scenario):
        return load(scenario, set, data=data)
    if set or data:
        raise TypeError("set, data: the scenario is loaded; give them to windtunnel.load")
    return scenario


def _numbers(widths: Tuple[int, int, int]) -> spaces.Box:
    context, row, rows = widths
    return spaces.Box(-numpy.inf, numpy.inf, (context + rows * row,), numpy.float32)


class SchedulingEnv(gymnasium.Env[Any, int]):
    """One environment.

    With `observation="dict"`, an observation is `{"observations": ..., "action_mask": ...}`, as RLlib's modules that mask
    actions take it; else it is the numbers alone.
    """

    metadata = {"render_modes": []}

    def __init__(
        self,
        scenario: Union[Path, Scenario],
        policy: Optional[str] = None,
        *,
        observation: str = "flat",
        set: Optional[Sets] = None,
        data: Optional[Data] = None,
    ) -> None:
        if observation not in ("flat", "dict"):
            raise ValueError(f'observation = {observation!r}: "flat" or "dict"')
        as_dict = observation == "dict"
        self._core = Environment(_scenario(scenario, set, data), policy, as_dict)
        rows = self._core.widths[2]
        self.action_space = spaces.Discrete(rows)
        numbers = _numbers(self._core.widths)
        mask = spaces.Box(0, 1, (rows,), numpy.int8)
        self.observation_space = spaces.Dict(observations=numbers, action_mask=mask) if as_dict else numbers
        self._seeded = False

    def reset(self, *, seed: Optional[int] = None, options: Optional[Dict[str, Any]] = None) -> Tuple[Any, Dict[str, Any]]:
        """Begins the sequence of episodes of a seed, or its next one; of a seed that is drawn if there was none."""
        super().reset(seed=seed)
        if seed is None and not self._seeded:
            seed = int(self.np_random.integers(_SEEDS))
        self._seeded = True
        return self._core.reset(seed)

    def step(self, action: int) -> Tuple[Any, float, bool, bool, Dict[str, Any]]:
        """Does what was chosen, up to the next question. At the end, `info` has `finish`, `terms` and `digests`."""
        return self._core.step(action)

    def action_masks(self) -> "numpy.typing.NDArray[numpy.bool_]":
        """Which actions may be chosen now; there always is one."""
        return self._core.action_masks()

    def advice(self) -> Optional[int]:
        """What the heuristic would choose that the policy is built on."""
        return self._core.advice()

    def terms(self) -> Optional[Dict[str, float]]:
        """What the episode has come to, each term of the reward in its unit."""
        return self._core.terms()

    def snapshot(self) -> Snapshot:
        """A place to go back to."""
        return self._core.snapshot()

    def restore(self, snapshot: Snapshot) -> Tuple[Any, Dict[str, Any]]:
        """Goes back: from there the same actions lead to the same observations and rewards."""
        self._seeded = True
        return self._core.restore(snapshot)


class SchedulingVectorEnv(gymnasium.vector.VectorEnv[Any, Any, Any]):
    """Environments side by side, stepped by threads where they are many; each is what `SchedulingEnv` is with its seed."""

    metadata = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}

    def __init__(
        self,
        scenario: Union[Path, Scenario],
        num_envs: int = 1,
        policy: Optional[str] = None,
        *,
        autoreset_mode: Union[str, AutoresetMode] = AutoresetMode.NEXT_STEP,
        threads: int = 0,
        set: Optional[Sets] = None,
        data: Optional[Data] = None,
    ) -> None:
        if num_envs < 1:
            raise ValueError(f"num_envs = {num_envs}: at least one")
        mode = AutoresetMode(autoreset_mode)
        self._core = Environments(_scenario(scenario, set, data), policy, mode.value, (num_envs, threads))
        self.metadata = {**self.metadata, "autoreset_mode": mode}
        self.num_envs = num_envs
        self.single_action_space = spaces.Discrete(self._core.widths[2])
        self.single_observation_space = _numbers(self._core.widths)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self._masks = numpy.zeros((num_envs, self._core.widths[2]), numpy.int8)
        self._seeded = False

    def reset(
        self, *, seed: Union[int, Sequence[Optional[int]], None] = None, options: Optional[Dict[str, Any]] = None
    ) -> Tuple[Any, Dict[str, Any]]:
        """Begins the sequences of the seeds `seed`, `seed + 1`, ... or of those given; of those that `options["reset_mask"]`
        names, if there is one."""
        super().reset(seed=seed if isinstance(seed, int) else None)
        which = (options or {}).get("reset_mask", numpy.ones(self.num_envs, bool))
        if seed is None and not self._seeded:
            seed = int(self.np_random.integers(_SEEDS))
        self._seeded = True
        if seed is None or isinstance(seed, (int, numpy.integer)):
            seeds = [None if seed is None else int(seed) + at for at in range(self.num_envs)]
        else:
            seeds = list(seed)
        if len(seeds) != self.num_envs or len(which) != self.num_envs:
            raise ValueError(f"seeds and masks are for {self.num_envs} environments")
        (observations, self._masks), begun = self._core.reset(seeds, [bool(own) for own in which])
        infos = self._beside()
        infos["seed"], infos["_seed"] = begun, numpy.asarray(which, bool)
        return observations, infos

    def step(self, actions: Any) -> Tuple[Any, Any, Any, Any, Dict[str, Any]]:
        """Does an action in each. What ends is begun anew as `metadata["autoreset_mode"]` says."""
        actions = numpy.ascontiguousarray(actions, numpy.int64)
        shown, rewards, terminated, truncated, ended = self._core.step(actions)
        observations, self._masks = shown
        infos = self._beside()
        for at, told, last in ended:
            if last is not None:
                told = {"final_obs": last, "final_info": told}
            infos = self._add_info(infos, told, at)
        return observations, rewards, terminated, truncated, infos

    def action_masks(self) -> "numpy.typing.NDArray[numpy.bool_]":
        """Which actions may be chosen now, a row an environment; there always is one in each."""
        return self._masks.astype(bool)

    def snapshot(self) -> Snapshot:
        """A place to go back to."""
        return self._core.snapshot()

    def restore(self, snapshot: Snapshot) -> Tuple[Any, Dict[str, Any]]:
        """Goes back: from there the same actions lead to the same observations and rewards."""
        self._seeded = True
        observations, self._masks = self._core.restore(snapshot)
        return observations, self._beside()

    def _beside(self) -> Dict[str, Any]:
        return {"action_mask": self._masks, "_action_mask": numpy.ones(self.num_envs, bool)}


gymnasium.register(
    "windtunnel/Scheduling-v0",
    entry_point="windtunnel.gym:SchedulingEnv",
    vector_entry_point="windtunnel.gym:SchedulingVectorEnv",
)
