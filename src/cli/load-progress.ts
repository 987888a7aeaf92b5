/**
 * Shows how a load test goes, on stderr. A terminal gets one line that is rewritten: requests under way, answers per second, the last
 * p95 and failures. Each step that ends leaves a line, and a long step leaves one a minute.
 */
import { conditionText } from '../core/definition/condition.js';
import type { StepRequest } from '../core/load/request.js';
import { formatDollars } from '../core/report/format.js';
import { percentile } from '../core/stats/estimate/percentiles.js';
import type { LoadTestEvent } from '../run/load.js';
import type { Expected } from '../run/load-model.js';
import type { StepCourse } from '../run/load-step.js';
import { linesOn, megabytes, oneLine, type Screen } from './screen.js';

export interface LoadProgress {
  readonly onEvent: (event: LoadTestEvent) => void;
  end(): void;
}

/** Seconds between two plain lines about one step. */
const SILENCE = 60;
/** The answers that the last p95 is of. */
const LAST = 50;

export function showLoadProgress(how: 'shown' | 'quiet', screen: Screen): LoadProgress {
  if (how === 'quiet') return { onEvent: () => {}, end: () => {} };
  const { say, draw, silence, end } = linesOn(screen);
  return {
    end,
    onEvent(event) {
      switch (event.type) {
        case 'note':
          return say(event.text);
        case 'opening':
          return draw(() => `${event.model}: opening`, 'now');
        case 'progress': {
          const { what, done, total } = event;
          const size = `${megabytes(done)} of ${megabytes(total)} MB`;
          return draw(() => `${event.model}: ${oneLine(what)} ${size}`, done === total ? 'now' : 'at times');
        }
        case 'opened':
          return say(`${event.model}: opened in ${event.load.toFixed(2)} s`);
        case 'warning':
          return say(`${event.model}: warning: ${oneLine(event.message)}`);
        case 'expected':
          return say(`${event.model}: ${describeExpected(event)}, to a server that is not ours`);
        case 'step': {
          const text = () => `${event.model}: ${describeCourse(event.course, event.requests)}`;
          return screen.rewritable || silence() < SILENCE ? draw(text, 'at times') : say(text());
        }
        case 'step-over': {
          const { record, requests } = event.held;
          const seconds = (record.ended - record.began).toFixed(1);
          return say(
            `${event.model}: ${record.condition}: ${requests.length} requests in ${seconds} s (${record.ending})`,
          );
        }
      }
    },
  };
}

function describeExpected({ requests, isMost, request, dollars }: Expected): string {
  return [
    requests === null
      ? 'as many requests as its budget leaves time for'
      : `${isMost ? 'at most' : 'about'} ${requests} requests`,
    ...(requests === null && request !== null ? [`${formatDollars(100 * request)} a hundred at most`] : []),
    ...(dollars === null
      ? []
      : [`${formatDollars(dollars)} ${requests === null || isMost ? '' : 'for these '}at most`]),
  ].join(', ');
}

/** `closed 4: 120 of 200, 4 under way, 3.2 answers/s, last TTFT p95 412 ms, 1 failed` */
function describeCourse({ condition, requests, underWay, seconds, failed }: StepCourse, wanted: number): string {
  const rate = seconds > 0 ? (requests.length / seconds).toFixed(1) : '0';
  const ttft = lastTtft(requests);
  return [
    `${conditionText(condition)}: ${requests.length}${Number.isFinite(wanted) ? ` of ${wanted}` : ' requests'}`,
    `${underWay} under way`,
    `${rate} answers/s`,
    ...(ttft === null ? [] : [`last TTFT p95 ${Math.round(ttft * 1000)} ms`]),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ].join(', ');
}

/** Null where none of the last answers had a token. */
function lastTtft(requests: readonly StepRequest[]): number | null {
  const values = requests.slice(-LAST).flatMap(({ first, due }) => (first === undefined ? [] : [first - due]));
  return values.length === 0 ? null : percentile(values, 0.95);
}
