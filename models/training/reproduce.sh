#!/usr/bin/env bash
# Everything under models/ again, from the seeds: data, tokenizer, both models, the formats, the adapter, the evaluation.
#
#   python3 -m venv .venv && . .venv/bin/activate && pip install -r models/training/requirements.txt
#   models/training/reproduce.sh
#
# The large model begins as the small one, grown. On one idle core the small one takes about 16 minutes and the large one 6
# for each million tokens.
set -euo pipefail
cd "$(dirname "$0")"
build=build
mkdir -p "$build"
threads=${THREADS:-1}

(cd ../.. && npx tsx models/training/generate.ts)
python tokenizer.py "$build"
python train.py reference-slm --rows 8 --copies 1 --decay 0.4 --tokens 9e6 --threads "$threads" | tee "$build/reference-slm.log"
python grow.py "$build/reference-slm.safetensors" "$build/reference-llm-seed.safetensors"
python train.py reference-llm --stage second --rows 10 --copies 1 --muon 0.0012 --adam 0.0015 --decay 0.8 --seed 2 \
  --tokens "${LARGE_TOKENS:-9e6}" --resume "$build/reference-llm-seed.safetensors" --threads "$threads" | tee "$build/reference-llm.log"
for name in reference-slm reference-llm; do
  python export.py "$name"
  python evaluate.py "$name" | tee "$build/$name.results"
done
python lora.py
