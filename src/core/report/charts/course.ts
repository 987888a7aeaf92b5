/** The course of one step: requests under way and TTFT over its time, with the window that its figures are of. */
import { conditionText } from '../../definition/condition.js';
import type { Course } from '../../load/course.js';
import type { TestedStep } from '../../load/load-test.js';
import type { Chart } from '../document.js';
import { formatCount, formatSeconds, formatUnit } from '../format.js';
import { plain } from '../text.js';
import { type NoChart, QUIET, specOf } from './chart.js';

export interface CourseInput {
  /** The beginning of the names of its charts: unique in the report. */
  readonly name: string;
  readonly model: string;
  readonly step: TestedStep;
}

export function courseCharts({ name, model, step: { result, course } }: CourseInput): (Chart | NoChart)[] {
  const of = `${conditionText(result.condition)} on ${plain(model)}`;
  return [
    drawn({
      name: `${name}-course-under-way`,
      title: `Requests under way over time: ${of}`,
      course,
      unit: 'count',
      axis: 'requests under way',
      lines: [{ line: 'mean', values: course.blocks.map(({ underWay }) => underWay) }],
    }),
    drawn({
      name: `${name}-course-ttft`,
      title: `TTFT over time: ${of}`,
      course,
      unit: 'seconds',
      axis: 'seconds',
      lines: [
        { line: 'median', values: course.blocks.map(({ ttft }) => ttft?.median ?? null) },
        { line: 'longest', values: course.blocks.map(({ ttft }) => ttft?.longest ?? null) },
      ],
    }),
  ];
}

interface Drawn {
  readonly name: string;
  readonly title: string;
  readonly course: Course;
  readonly unit: 'count' | 'seconds';
  readonly axis: string;
  readonly lines: readonly { readonly line: string; readonly values: readonly (number | null)[] }[];
}

const COLOURS = ['#0072b2', '#d55e00'] as const;

function drawn({ name, title, course: { block, window }, unit, axis, lines }: Drawn): Chart | NoChart {
  const values = lines.flatMap(({ line, values: found }) =>
    found.flatMap((value, i) =>
      value === null ? [] : [{ line, at: (i + 0.5) * block, value, shown: formatUnit(value, unit) }],
    ),
  );
  if (values.length === 0) return { name, title, missing: 'no request of the step had a token' };
  const within =
    window === null
      ? 'it has no window'
      : `its window, between the dashed lines, is from ${formatSeconds(window.from)} to ${formatSeconds(window.to)}`;
  const note = `blocks of ${formatSeconds(block)}; ${within}`;
  const x = { field: 'at', type: 'quantitative', title: 'seconds since the step began' };
  const y = { field: 'value', type: 'quantitative', title: axis };
  const names = lines.map(({ line }) => line);
  const color = {
    field: 'line',
    type: 'nominal',
    title: null,
    scale: { domain: names, range: COLOURS.slice(0, names.length) },
    legend: names.length > 1 ? { orient: 'bottom' } : null,
  };
  const spec = specOf(
    { title, note },
    {
      height: 160,
      layer: [
        ...(window === null
          ? []
          : [
              {
                data: { values: [{ at: window.from }, { at: window.to }] },
                mark: { type: 'rule', color: QUIET, strokeDash: [4, 3] },
                encoding: { x },
              },
            ]),
        {
          data: { values },
          layer: [
            { mark: { type: 'line', interpolate: 'step' }, encoding: { x, y, color } },
            {
              mark: { type: 'point', opacity: 0 },
              encoding: { x, y, tooltip: [{ field: 'at' }, { field: 'line' }, { field: 'shown' }] },
            },
          ],
        },
      ],
    },
  );
  return { name, title, note, alt: altOf(lines, unit), spec };
}

/** How each line begins and ends, and its greatest value: a list of sixty values tells nobody anything. */
function altOf(lines: Drawn['lines'], unit: Drawn['unit']): string {
  return lines
    .flatMap(({ line, values }) => {
      const found = values.filter((value) => value !== null);
      const [first, last] = [found[0], found.at(-1)];
      if (first === undefined || last === undefined) return [];
      const shown = (value: number) => formatUnit(value, unit);
      return [
        `${line}: ${shown(first)} at first, ${shown(last)} at last, ${shown(Math.max(...found))} at most, of ${formatCount(found.length)} blocks`,
      ];
    })
    .join('; ')
    .concat('.');
}
