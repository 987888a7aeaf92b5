#!/usr/bin/env bash
# Everything under models/ again, from the seeds: data, tokenizer, both models, the formats, the adapter, the evaluation.
#
#   python3 -m venv .venv && . .venv/bin/activate && pip install -r models/training/requirements.txt
#   models/training/reproduce.sh
#
# One run of the small shape gives both: its snapshot at 9.6 M tokens is reference-slm, its end is grown into
# reference-llm and trained on. On one idle core about 30 minutes and, for the large one, 5 for each million tokens.
set -euo pipefail
cd "$(dirname "$0")"
build=build
mkdir -p "$build"
threads=${THREADS:-1}

(cd ../.. && npx tsx models/training/generate.ts)
python tokenizer.py "$build"
python train.py reference-slm --rows 8 --tokens 14e6 --snapshot 9.6e6 --threads "$threads" | tee "$build/reference-slm.log"
python grow.py "$build/reference-slm.safetensors" "$build/reference-llm-seed.safetensors"
mv "$build/reference-slm-snapshot.safetensors" "$build/reference-slm.safetensors"
python train.py reference-llm --rows 10 --muon 0.0008 --adam 0.001 --decay 0.95 --seed 2 --tokens "${LARGE_TOKENS:-6e6}" \
  --resume "$build/reference-llm-seed.safetensors" --threads "$threads" | tee "$build/reference-llm.log"
for name in reference-slm reference-llm; do
  python export.py "$name"
  python evaluate.py "$name" | tee "$build/$name.results"
done
python lora.py
