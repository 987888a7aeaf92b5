/** The answer for a pull request: the same verdicts in less room. The worst come first where not all have room. */
import type { Analysis, SuiteAnalysis } from '../../analyse/analysis.js';
import type { SuiteRecommendation, TaskVerdict } from '../../recommend/recommendation.js';
import { alarmsOf } from '../alarms.js';
import type { Block, Note, Table } from '../document.js';
import { formatCell } from '../format.js';
import { nextCommands } from '../next-steps.js';
import { escapeMarkdown } from '../text.js';
import { soundness, verdictTable } from './answer.js';
import { modelTable } from './brief.js';
import { limitTable } from './limits.js';

const MOST_TASKS = 8;
const MOST_MODELS = 12;
/** Each reason why answers were lost takes up to three lines. */
const MOST_ALARMS = 2;
/** Characters of the rows of a table in Markdown, so that both tables and the sentences around them take at most 4 KB. */
const LONGEST_TABLE = 1400;

export function shortBlocks(analysis: Analysis, suite: SuiteAnalysis, recommended: SuiteRecommendation): Block[] {
  const commands = nextCommands(analysis, suite, recommended);
  return [
    ...firstAlarms(recommended).map((text): Note => ({ kind: 'note', text, alarm: true })),
    ...(recommended.verdict.kind === 'one-class'
      ? [shortened(limitTable(analysis, suite, recommended), MOST_TASKS)]
      : [
          shortened(verdictTable(worstFirst(recommended), COLUMNS), MOST_TASKS),
          shortened(modelTable(analysis, suite), MOST_MODELS),
        ]),
    soundness(analysis),
    ...(commands.length === 0 ? [] : [{ kind: 'commands', title: 'Next', commands } as const]),
  ];
}

function firstAlarms(recommended: SuiteRecommendation): string[] {
  const alarms = alarmsOf(recommended);
  const more = alarms.length - MOST_ALARMS;
  return more > 1 ? [...alarms.slice(0, MOST_ALARMS), `Answers were lost for ${more} more reasons.`] : alarms;
}

const COLUMNS = ['task', 'verdict', 'small', 'large', 'difference', 'n', 'speed', 'memory', 'cost', 'limits'] as const;

const SEVERITY: readonly TaskVerdict['kind'][] = [
  'nothing-passes',
  'not-measured',
  'llm-needed',
  'inconclusive',
  'one-class',
  'cascade',
  'slm-fits',
];

function worstFirst(recommended: SuiteRecommendation): SuiteRecommendation {
  if (recommended.tasks.length <= MOST_TASKS) return recommended;
  const rank = (kind: TaskVerdict['kind']) => SEVERITY.indexOf(kind);
  return { ...recommended, tasks: recommended.tasks.toSorted((a, b) => rank(a.verdict.kind) - rank(b.verdict.kind)) };
}

/** The first rows that have room, and how many more there are. */
function shortened(table: Table, most: number): Table {
  const lengths = table.rows.map((row) =>
    row.reduce((sum, cell) => sum + escapeMarkdown(formatCell(cell)).length + 3, 0),
  );
  let [room, kept] = [LONGEST_TABLE, 0];
  while (kept < Math.min(most, table.rows.length) && lengths[kept]! <= room) room -= lengths[kept++]!;
  const more = table.rows.length - kept;
  return more === 0 ? table : { ...table, rows: table.rows.slice(0, kept), rest: `${more} more below` };
}
