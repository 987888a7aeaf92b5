#!/usr/bin/env bash
# Everything under models/ again, from the seeds: data, tokenizer, both models, the formats, the adapter, the evaluation.
#
#   python3 -m venv .venv && . .venv/bin/activate && pip install -r models/training/requirements.txt
#   models/training/reproduce.sh
#
# The large model begins as the small one, grown. A GPU is used where there is one; README.md states the times. Where there is
# no Node, bring models/training/build with the data in it: what is there is not made again.
set -euo pipefail
cd "$(dirname "$0")"
build=build
mkdir -p "$build"
threads=${THREADS:-1}
seed=${SEED:-1}

[ -f "$build/train-first.jsonl" ] || (cd ../.. && npx tsx models/training/generate.ts)
python3 tokenizer.py "$build"
python3 train.py reference-slm --rows 8 --copies 1 --decay 0.4 --seed "$seed" \
  --tokens 9e6 --threads "$threads" | tee "$build/reference-slm.log"
python3 grow.py "$build/reference-slm.safetensors" "$build/reference-llm-seed.safetensors"
python3 train.py reference-llm --stage second --rows 10 --copies 1 --muon 0.0012 --adam 0.0015 --decay 0.8 --seed "$((seed + 1))" \
  --tokens "${LARGE_TOKENS:-12e6}" --resume "$build/reference-llm-seed.safetensors" --threads "$threads" | tee "$build/reference-llm.log"
for name in reference-slm reference-llm; do
  python3 export.py "$name"
  python3 evaluate.py "$name" | tee "$build/$name.results"
done
python3 lora.py
