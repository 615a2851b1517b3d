"""RLlib trains on an environment whose observations hold the mask."""

import gymnasium
import pytest
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.rllib.examples.rl_modules.classes.action_masking_rlm import ActionMaskingTorchRLModule
from ray.tune.registry import register_env
from test_gym import AGENT

import ray
from windtunnel.gym import SchedulingEnv

# Of every step, whether its action was masked.
REPLACED = []


class Watched(gymnasium.Wrapper):
    def step(self, action):
        stepped = self.env.step(action)
        REPLACED.append(stepped[-1].get("replaced", False))
        return stepped


@pytest.fixture
def local_ray():
    ray.init(address="local", num_cpus=2, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.mark.filterwarnings("ignore")
def test_rllib_trains_and_never_chooses_what_is_masked(local_ray):
    register_env("scheduling", lambda config: Watched(SchedulingEnv(**config)))
    module = RLModuleSpec(module_class=ActionMaskingTorchRLModule, model_config={"head_fcnet_hiddens": [32]})
    config = (
        PPOConfig()
        .environment("scheduling", env_config={"scenario": AGENT, "observation": "dict"})
        .env_runners(num_env_runners=0)
        .rl_module(rl_module_spec=module)
        .training(train_batch_size_per_learner=512, minibatch_size=128, num_epochs=2)
        .debugging(seed=1)
    )
    algorithm = config.build_algo()
    trained = [algorithm.train() for _ in range(2)][-1]
    algorithm.stop()
    assert trained["num_env_steps_sampled_lifetime"] >= 1024
    assert trained["env_runners"]["episode_return_mean"] < 0
    assert len(REPLACED) >= 1024 and not any(REPLACED)
