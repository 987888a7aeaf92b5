/**
 * Interactive charts, drawn in place of the still pictures from the same specifications. Vega's expressions are interpreted and
 * never compiled, because the page's policy forbids code that is made from text.
 */
import { logger, parse, View } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { compile, type TopLevelSpec } from 'vega-lite';
import { Handler } from 'vega-tooltip';
import { wrapLines } from '../core/report/text.js';

type Spec = Record<string, unknown>;

/** Room for axis titles and labels beside the plot. */
const MARGIN = 24;
const NARROWEST = 240;
/** In a plot narrower than this, names would hide the points; the legend above all charts has the names. */
const ROOM_FOR_NAMES = 380;
/** The share of a narrow chart's width that the names of rows may take. */
const NAMES_AT_MOST = 0.4;
/** The approximate width of a letter of an axis title. */
const LETTER = 7;
/** A level of Vega's log: its warnings help only people who write specifications. */
const ERRORS_ONLY = 1;

/** Draws each chart when it is less than a screen away, and a folded one when it is opened. */
export function drawCharts(specs: Readonly<Record<string, Spec>>): void {
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        const holder = target as HTMLElement;
        void drawOrKeep(holder, specs[holder.dataset.chart!]);
      }
    },
    { rootMargin: '100% 0%' },
  );
  for (const holder of document.querySelectorAll('[data-chart]')) observer.observe(holder);
}

async function drawOrKeep(holder: HTMLElement, spec: Spec | undefined): Promise<void> {
  if (spec === undefined) return;
  try {
    await draw(holder, spec);
  } catch (error) {
    // The still picture remains.
    console.warn(`The chart ${holder.dataset.chart} stays still: ${String(error)}`);
  }
}

async function draw(holder: HTMLElement, spec: Spec): Promise<void> {
  const live = document.createElement('div');
  live.className = 'live';
  // The element around the picture describes it in words.
  live.ariaHidden = 'true';
  const { leastWidth = 0 } = (spec.usermeta ?? {}) as { leastWidth?: number };
  const width = Math.max(NARROWEST, leastWidth, holder.clientWidth - MARGIN);
  const fitted = {
    ...(width < ROOM_FOR_NAMES
      ? wrapTitles(narrowed(spec, width), (width * (1 - NAMES_AT_MOST)) / LETTER)
      : wrapTitles(spec, width / LETTER)),
    width,
    autosize: { type: 'fit-x', contains: 'padding' },
  };
  const compiled = compile(fitted as unknown as TopLevelSpec, { logger: logger(ERRORS_ONLY) }).spec;
  const view = new View(parse(compiled, undefined, { ast: true }), {
    container: live,
    renderer: 'svg',
    logLevel: ERRORS_ONLY,
    expr: expressionInterpreter,
    tooltip: new Handler({ theme: 'custom', disableDefaultStyle: true }).call,
  });
  await view.runAsync();
  holder.replaceChildren(live);
}

/** A narrow chart has no names beside points, and breaks names of rows before the variant. */
function narrowed(spec: Spec, width: number): Spec {
  const breakLabels = (value: unknown, key = ''): unknown => {
    if (Array.isArray(value)) return value.map((item) => breakLabels(item));
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
    return Object.fromEntries(Object.entries(object).map(([name, child]) => [name, breakLabels(child, name)]));
  };
  return breakLabels(withoutNames(spec)) as Spec;
}

function withoutNames(spec: Spec): Spec {
  if (!Array.isArray(spec.layer)) return spec;
  const isName = ({ mark, encoding }: { mark?: Spec; encoding?: { text?: Spec } }) =>
    mark?.type === 'text' && encoding?.text?.field === 'model';
  return { ...spec, layer: spec.layer.filter((layer) => !isName(layer)) };
}

/** Wraps titles of axes; Vega would cut them at both ends. */
function wrapTitles<T>(value: T, letters: number): T {
  if (Array.isArray(value)) return value.map((item) => wrapTitles(item, letters)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, child]) => [
    key,
    key === 'title' && typeof child === 'string' && child.length > letters && 'type' in value
      ? wrapLines(child, letters)
      : wrapTitles(child, letters),
  ]);
  return Object.fromEntries(entries) as T;
}
