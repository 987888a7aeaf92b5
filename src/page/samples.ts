/** Shows the samples: a list with filters on the left, and one sample with the answers of all models on the right. */
import { taskKey } from '../core/keys.js';
import type { PageData, PageModel, PageResult } from '../core/report/document/samples.js';
import { el } from './element.js';
import { type Filter, type Item, isRight, itemsOf, ORDERS, OUTCOMES, select } from './filters.js';
import { virtualList } from './list.js';
import { looksLikeMarkdown, renderMarkdown } from './markdown.js';
import { textBlock, textNodes } from './text.js';

export function showSamples(root: HTMLElement, data: PageData): void {
  const items = itemsOf(data);
  if (items.length === 0) {
    root.replaceChildren(el('p', {}, 'The run has no samples.'));
    return;
  }
  const total = data.tasks.reduce((sum, task) => sum + task.total, 0);
  const rest =
    total > items.length
      ? ` (one in ${Math.round(total / items.length)} of ${total.toLocaleString('en')}; samples.csv has all)`
      : '';
  let shown: Item[] = [];
  const detail = el('article', { class: 'detail', 'aria-live': 'polite', 'aria-label': 'Sample' });
  const count = el('p', { class: 'count', role: 'status' });
  const list = virtualList<Item>({
    label: 'Samples',
    draw: (item) => [
      el(
        'span',
        { class: 'row-name' },
        nameOf(item),
        el('small', { dir: 'auto' }, ...textNodes((item.sample.prompt.at(-1)?.text ?? '').slice(0, SNIPPET))),
      ),
      el('span', { class: 'marks' }, ...marksOf(item.sample.results, data.models)),
    ],
    onSelect: (index) => open(index),
  });
  const filters = filterBar(data, (filter) => apply(filter));

  function apply(filter: Filter) {
    shown = select(items, data.models, filter);
    count.textContent = `${shown.length.toLocaleString('en')} of ${items.length.toLocaleString('en')} samples${rest}`;
    list.show(shown);
    if (shown.length > 0) open(0, { quietly: true });
    else detail.replaceChildren(el('p', {}, 'No sample matches.'));
  }

  function open(index: number, options: { readonly quietly?: boolean } = {}) {
    const item = shown[index]!;
    list.select(index);
    detail.replaceChildren(...describe(item, data.models));
    if (!options.quietly) history.replaceState(null, '', `#sample=${encodeURIComponent(item.address)}`);
  }

  /** `#sample=suite/task/id` opens that sample, and resets filters that hide it. */
  function follow() {
    if (!location.hash.startsWith('#sample=')) return;
    const address = decode(location.hash.slice('#sample='.length));
    if (!items.some((item) => item.address === address)) return;
    if (!shown.some((item) => item.address === address)) filters.reset();
    open(shown.findIndex((item) => item.address === address));
    root.scrollIntoView();
  }

  root.replaceChildren(filters.element, count, el('div', { class: 'browser' }, list.element, detail));
  filters.reset();
  follow();
  addEventListener('hashchange', follow);
}

/** The list shows this many characters of a prompt. */
const SNIPPET = 120;

/** An id that begins with the name of its task needs no other name. */
function nameOf({ task, sample }: Item): string {
  return sample.id.startsWith(task.name) ? sample.id : `${task.name} · ${sample.id}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function filterBar(data: PageData, onChange: (filter: Filter) => void) {
  const tasks = data.tasks.map(({ suite, name }) => ({
    value: taskKey(suite, name),
    title: data.tasks.some((other) => other.suite !== suite) ? taskKey(suite, name) : name,
  }));
  const menu = (label: string, options: readonly { readonly value: string; readonly title: string }[]) =>
    el(
      'select',
      { 'aria-label': label, onchange: change },
      ...options.map(({ value, title }) => el('option', { value }, title)),
    );
  const task = menu('Task', [{ value: '', title: 'all tasks' }, ...tasks]);
  const outcome = menu('Outcome', optionsOf(OUTCOMES));
  const order = menu('Order', optionsOf(ORDERS));
  const words = el('input', {
    type: 'search',
    placeholder: 'Search prompts and answers',
    'aria-label': 'Search',
    oninput: change,
  });
  const element = el(
    'form',
    { class: 'filters', role: 'search', onsubmit: (event) => event.preventDefault() },
    task,
    outcome,
    order,
    words,
  );

  function change() {
    onChange({
      task: task.value,
      outcome: outcome.value as Filter['outcome'],
      order: order.value as Filter['order'],
      words: words.value,
    });
  }
  return {
    element,
    reset() {
      element.reset();
      change();
    },
  };
}

function optionsOf(table: Readonly<Record<string, { readonly title: string }>>) {
  return Object.entries(table).map(([value, { title }]) => ({ value, title }));
}

function verdictOf(result: PageResult | null): { readonly mark: string; readonly name: string; readonly kind: string } {
  if (result === null) return { mark: '·', name: 'not run', kind: 'absent' };
  if (result.score === null) return { mark: '?', name: 'not scored', kind: 'absent' };
  if (result.score > 0 && result.score < 1)
    return { mark: '◐', name: `partly right, ${result.score.toFixed(2)}`, kind: isRight(result) ? 'right' : 'wrong' };
  return isRight(result) ? { mark: '✓', name: 'right', kind: 'right' } : { mark: '✗', name: 'wrong', kind: 'wrong' };
}

function markOf(result: PageResult | null, model: PageModel): HTMLElement {
  const { mark, name, kind } = verdictOf(result);
  return el(
    'span',
    { class: `mark ${kind}`, title: `${model.id}: ${name}`, role: 'img', 'aria-label': `${model.id}: ${name}` },
    mark,
  );
}

/** Marks of more models than this would be cut. */
const MOST_MARKS = 8;

/** A mark for each model; of many models, how many of each class are right. */
function marksOf(results: readonly (PageResult | null)[], models: readonly PageModel[]): HTMLElement[] {
  if (models.length <= MOST_MARKS) return results.map((result, i) => markOf(result, models[i]!));
  return (['slm', 'llm', null] as const).flatMap((wanted) => {
    const scored = results.filter((result, i) => result !== null && models[i]!.class === wanted);
    if (scored.length === 0) return [];
    const right = scored.filter((result) => isRight(result!)).length;
    const name = wanted?.toUpperCase() ?? 'others';
    return [el('span', { title: `${right} of ${scored.length} are right` }, `${name} ${right}/${scored.length}`)];
  });
}

function describe({ task, sample, address }: Item, models: readonly PageModel[]): HTMLElement[] {
  return [
    el(
      'h3',
      {},
      `${task.name} · ${sample.id} `,
      el(
        'a',
        { class: 'permalink', href: `#sample=${encodeURIComponent(address)}`, 'aria-label': 'Link to this sample' },
        '#',
      ),
    ),
    ...(sample.group === null ? [] : [el('p', { class: 'note' }, `group ${sample.group}`)]),
    ...sample.prompt.map(turnOf),
    turnOf({ role: 'target', text: sample.target }),
    el('div', { class: 'answers' }, ...sample.results.map((result, i) => answerOf(result, models[i]!))),
  ];
}

/** The system prompt is the same for all samples of a task, so it is folded. */
function turnOf({ role, text }: { readonly role: string; readonly text: string }): HTMLElement {
  return role === 'system'
    ? el('details', { class: 'turn' }, el('summary', {}, role), textBlock(text))
    : el('section', { class: 'turn' }, el('h4', {}, role), textBlock(text));
}

/** The answer as it was given; one in Markdown has a reading view beside it. */
function outputOf(output: string): HTMLElement[] {
  if (output === '') return [textBlock('(no output)')];
  const plain = textBlock(output);
  if (!looksLikeMarkdown(output)) return [plain];
  const reading = renderMarkdown(output);
  reading.hidden = true;
  const button = el('button', { type: 'button', class: 'more', onclick: () => turn() }, 'Show as Markdown');
  const turn = () => {
    [plain.hidden, reading.hidden] = [reading.hidden, plain.hidden];
    button.textContent = reading.hidden ? 'Show as Markdown' : 'Show as text';
  };
  return [plain, reading, button];
}

function answerOf(result: PageResult | null, model: PageModel): HTMLElement {
  const { mark, name, kind } = verdictOf(result);
  const title = el('h4', {}, model.id, ' ', el('span', { class: `mark ${kind}` }, `${mark} ${name}`));
  if (result === null) return el('section', { class: 'answer' }, title);
  const notes = [
    result.answer === null ? null : `answer found: ${result.answer}`,
    result.failure,
    result.finish === 'length' ? 'cut at the token limit' : null,
    result.sureness,
    result.timings,
  ].filter((note): note is string => note !== null && note !== '');
  const section = el(
    'section',
    { class: 'answer' },
    title,
    ...outputOf(result.output),
    ...notes.map((note) => el('p', { class: 'note', dir: 'auto' }, ...textNodes(note))),
  );
  section.style.borderTopColor = model.colour;
  return section;
}
