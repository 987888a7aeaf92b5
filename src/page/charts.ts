/**
 * Charts that answer to the pointer, drawn over the still pictures from the same specifications. Vega's own expressions are
 * interpreted, never compiled, because the page's policy forbids making code from text.
 */
import embed from 'vega-embed';
import { expressionInterpreter } from 'vega-interpreter';
import { wrapLines } from '../core/report/text.js';

type Spec = Record<string, unknown>;

/** Room for axis titles and labels beside the plot. */
const MARGIN = 24;
const NARROWEST = 240;
/** Below this, names beside points hide them; the legend above all charts has them. */
const ROOM_FOR_NAMES = 380;
/** Share of a narrow chart's width that names of rows may take. */
const NAMES_AT_MOST = 0.4;
/** Width of a letter of an axis title, about. */
const LETTER = 7;
/** Vega's level: its warnings are for whoever writes specifications. */
const ERRORS_ONLY = 1;

export async function drawCharts(specs: Readonly<Record<string, Spec>>): Promise<void> {
  for (const holder of document.querySelectorAll<HTMLElement>('[data-chart]')) {
    const spec = specs[holder.dataset.chart!];
    if (spec === undefined) continue;
    try {
      await draw(holder, spec);
    } catch (error) {
      // The still picture stays.
      console.warn(`The chart ${holder.dataset.chart} stays still: ${String(error)}`);
    }
  }
}

async function draw(holder: HTMLElement, spec: Spec): Promise<void> {
  const live = document.createElement('div');
  live.className = 'live';
  // The holder says in words what the picture shows.
  live.ariaHidden = 'true';
  const width = Math.max(NARROWEST, holder.clientWidth - MARGIN);
  const fitted = {
    ...(width < ROOM_FOR_NAMES
      ? wrapTitles(narrowed(spec, width), (width * (1 - NAMES_AT_MOST)) / LETTER)
      : wrapTitles(spec, width / LETTER)),
    width,
    autosize: { type: 'fit-x', contains: 'padding' },
  };
  await embed(live, fitted as never, {
    mode: 'vega-lite',
    renderer: 'svg',
    actions: false,
    logLevel: ERRORS_ONLY,
    ast: true,
    expr: expressionInterpreter,
    defaultStyle: false,
    tooltip: { theme: 'custom', disableDefaultStyle: true },
  });
  holder.replaceChildren(live);
}

/** Without names beside points, and with those of rows in two lines where they name a variant. */
function narrowed(spec: Spec, width: number): Spec {
  const breakLabels = (value: unknown, key = ''): unknown => {
    if (Array.isArray(value)) return value.map((one) => breakLabels(one));
    if (typeof value !== 'object' || value === null) return value;
    const object = value as Spec;
    if (key === 'y' && (object.field === 'model' || object.field === 'pair'))
      return {
        ...object,
        axis: {
          ...(object.axis as Spec | undefined),
          labelExpr: "split(datum.label, ':')",
          labelLimit: width * NAMES_AT_MOST,
        },
      };
    return Object.fromEntries(Object.entries(object).map(([name, one]) => [name, breakLabels(one, name)]));
  };
  return breakLabels(withoutNames(spec)) as Spec;
}

function withoutNames(spec: Spec): Spec {
  if (!Array.isArray(spec.layer)) return spec;
  const isName = ({ mark, encoding }: { mark?: Spec; encoding?: { text?: Spec } }) =>
    mark?.type === 'text' && encoding?.text?.field === 'model';
  return { ...spec, layer: spec.layer.filter((layer) => !isName(layer)) };
}

/** Titles of axes in as many lines as the width asks for; Vega would cut them at both ends. */
function wrapTitles<T>(value: T, letters: number): T {
  if (Array.isArray(value)) return value.map((one) => wrapTitles(one, letters)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [
    key,
    key === 'title' && typeof one === 'string' && one.length > letters && 'type' in value
      ? wrapLines(one, letters)
      : wrapTitles(one, letters),
  ]);
  return Object.fromEntries(entries) as T;
}
