#!/usr/bin/env bash
# Everything under models/ again, from the seeds: data, tokenizer, both models, the formats, the adapter, the evaluation.
#
#   python3 -m venv .venv && . .venv/bin/activate && pip install -r models/training/requirements.txt
#   models/training/reproduce.sh
#
# The two trainings run side by side, a thread each. MINUTES caps the clock, where the tokens would take longer.
set -euo pipefail
cd "$(dirname "$0")"
build=build
mkdir -p "$build"

(cd ../.. && npx tsx models/training/generate.ts)
python tokenizer.py "$build"
python train.py reference-slm --tokens 14e6 --minutes "${MINUTES:-600}" >"$build/reference-slm.log" &
small=$!
python train.py reference-llm --tokens 14e6 --minutes "${MINUTES:-600}" >"$build/reference-llm.log" &
large=$!
wait "$small" && wait "$large"
for name in reference-slm reference-llm; do
  python export.py "$name"
  python evaluate.py "$name" | tee "$build/$name.results"
done
python lora.py
