/**
 * The library's generation as a stream. `generate` calls three things of ours at every step: a logits processor, which
 * keeps the logits (and cuts them to the nucleus, which the library does not do); a streamer, which stamps the token that
 * was chosen; and a stopping criterion.
 */
import {
  BaseStreamer,
  GenerationConfig,
  LogitsProcessor,
  LogitsProcessorList,
  type PreTrainedModel,
  random,
  StoppingCriteria,
  Tensor,
  type TextStreamer,
} from '@huggingface/transformers';
import type { Generation } from '../../core/definition/suite.js';
import type { SessionFacts } from '../../core/log/log.js';
import type { Prompt } from '../../core/message.js';
import type { GenerationEvent, Session } from '../backend.js';
import { endOf, openAnswer, pieceOf } from '../huggingface/answer.js';
import { createScoring } from '../huggingface/scoring.js';
import type { TextModel } from '../huggingface/text-model.js';
import { logProbability, summarise } from '../logits.js';
import { nucleus } from '../token-sampling.js';
import { createQueue } from './queue.js';

export interface SessionParts {
  readonly model: PreTrainedModel;
  readonly text: TextModel;
  readonly facts: SessionFacts;
  /** Tokens that end an answer. */
  readonly endTokens: readonly number[];
  /** Tokens that prompt and answer may have together. */
  readonly context: number;
}

export function createSession({ model, text, facts, endTokens, context }: SessionParts): Session {
  const now = () => performance.now() / 1000;

  async function* generate(
    prompt: Prompt,
    generation: Generation,
    signal: AbortSignal,
  ): AsyncGenerator<GenerationEvent, void, void> {
    signal.throwIfAborted();
    const opening = openAnswer(text, prompt, generation, { endTokens, context });
    const { tokens, maxTokens, answer } = opening;
    const events = createQueue<GenerationEvent>();
    const logits = new KeptLogits(generation);
    let finish: 'stop' | 'length' | null = null;
    let left = false;

    const take = (token: number) => {
      const time = now();
      const taken = answer.take(token);
      finish = taken.finish;
      const piece = pieceOf(taken, time, logProbability(logits.kept, token));
      if (piece !== null) events.push(piece);
    };
    const processors = new LogitsProcessorList();
    processors.push(logits);
    random.seed(generation.seed);
    const running = model
      .generate({
        ...inputsOf(tokens),
        generation_config: decoding(generation, maxTokens, endTokens),
        logits_processor: processors,
        // Its type asks for more than the library calls.
        streamer: new TokenStreamer(take) as unknown as TextStreamer,
        stopping_criteria: [new Until(() => finish !== null || left || signal.aborted)],
      })
      .then(
        () => events.end(),
        (error: unknown) => events.fail(error),
      );
    try {
      for await (const event of events) {
        yield event;
        signal.throwIfAborted();
      }
      signal.throwIfAborted();
      if (finish === null) throw new Error('transformers.js ended the answer without a reason');
      yield endOf(opening, now(), finish);
    } finally {
      left = true;
      await running;
    }
  }

  let closed: Promise<unknown> | undefined;
  return {
    facts,
    now,
    processes: [],
    generate,
    async loglikelihood(request, signal) {
      signal.throwIfAborted();
      const scoring = createScoring(request, text, context);
      // The library's forward pass knows no branches: every continuation is read with its whole context.
      for (const { context: before, continuations, add } of scoring.readings) {
        for (const [i, tokens] of continuations.entries()) {
          signal.throwIfAborted();
          const { inputs, attention_mask } = inputsOf([...before, ...tokens.slice(0, -1)]);
          const outputs = await model.forward({ input_ids: inputs, attention_mask });
          const logits: Tensor = outputs.logits.to('float32');
          const vocabulary = logits.dims[2]!;
          const values = logits.data as Float32Array;
          for (let token = 0; token < tokens.length; token++) {
            const row = (before.length - 1 + token) * vocabulary;
            add(values.subarray(row, row + vocabulary), i, token);
          }
        }
      }
      return scoring.result();
    },
    async close() {
      closed ??= model.dispose();
      await closed;
    },
  };
}

function inputsOf(tokens: readonly number[]) {
  const shape = [1, tokens.length];
  return {
    inputs: new Tensor('int64', BigInt64Array.from(tokens, BigInt), shape),
    attention_mask: new Tensor('int64', new BigInt64Array(tokens.length).fill(1n), shape),
  };
}

/** What the suite asks for over the library's defaults; nothing of what the model's own configuration would add. */
function decoding({ temperature }: Generation, maxTokens: number, endTokens: readonly number[]): GenerationConfig {
  const asked: Partial<GenerationConfig> = {
    max_new_tokens: maxTokens,
    eos_token_id: [...endTokens],
    do_sample: temperature > 0,
    temperature: temperature > 0 ? temperature : 1,
    top_k: 0,
  };
  return new GenerationConfig(asked as GenerationConfig);
}

/** Keeps the logits at temperature 1 that the token is drawn from, and leaves of them what `topP` allows. */
class KeptLogits extends LogitsProcessor {
  kept: Float32Array = new Float32Array(0);

  constructor(private readonly generation: Generation) {
    super();
  }

  override _call(_tokens: bigint[][], logits: Tensor): Tensor {
    const { temperature, topP } = this.generation;
    const values = logits.data as Float32Array;
    // The library has divided them by the temperature.
    this.kept = temperature > 0 ? values.map((value) => value * temperature) : values;
    if (temperature > 0 && topP < 1) {
      const { highest } = summarise(values);
      const weights = Float64Array.from(values, (value) => Math.exp(value - highest));
      const allowed = new Set(nucleus(weights, topP));
      for (let token = 0; token < values.length; token++) {
        if (!allowed.has(token)) values[token] = Number.NEGATIVE_INFINITY;
      }
    }
    return logits;
  }
}

class TokenStreamer extends BaseStreamer {
  private promptSeen = false;

  constructor(private readonly take: (token: number) => void) {
    super();
  }

  /** The library hands over the prompt first, then one token a step. */
  override put(value: bigint[][]): void {
    if (this.promptSeen) this.take(Number(value[0]![0]));
    this.promptSeen = true;
  }

  override end(): void {}
}

class Until extends StoppingCriteria {
  constructor(private readonly over: () => boolean) {
    super();
  }

  override _call(sequences: number[][]): boolean[] {
    return sequences.map(() => this.over());
  }
}
