#!/bin/sh
#SBATCH --job-name=sweep
#SBATCH --array=1-8
#SBATCH --cpus-per-task=4
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=sweep-%a.log
#
# A sweep as a Slurm array, one shard a task. A task that is killed, requeued or submitted again goes on where it was.
# Put many cells into a task: a few seconds of work at least, and no more tasks than MaxArraySize allows.
#
#   SCENARIO=my.toml OUT=/shared/out sbatch --array=1-8 slurm-array.sh
#   SCENARIO=my.toml OUT=/shared/out SHARDS=8 sbatch --array=3 slurm-array.sh    # one of them again
#   windtunnel sweep merge /shared/out
set -eu
: "${SCENARIO:?say which scenario}" "${OUT:?say which folder, one that all nodes share}"
exec "${WINDTUNNEL:-windtunnel}" sweep run "$SCENARIO" \
  --shard "$SLURM_ARRAY_TASK_ID/${SHARDS:-$SLURM_ARRAY_TASK_MAX}" \
  --threads "${SLURM_CPUS_PER_TASK:-1}" --out "$OUT" --no-progress
