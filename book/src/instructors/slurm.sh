#!/bin/bash
#SBATCH --job-name=grade
#SBATCH --array=1-16
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=02:00:00
# At the root of the course, on a file system that all nodes share:
#   cargo xtask grade submissions --dry-run      # builds what grades, once for all
#   sbatch --wait slurm.sh submissions 7         # a folder of submissions, and a seed
#   cargo xtask grade merge parts/* --out report
set -euo pipefail
cargo xtask grade "$1" --seed "$2" --jobs "$((2 * SLURM_CPUS_PER_TASK))" \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --out "parts/$SLURM_ARRAY_TASK_ID"
