import { describe, expect, it } from 'vitest';
import { createChatTemplate, PLAIN, templateWarnings } from '../../src/backends/chat-template.js';
import { UserError } from '../../src/core/errors.js';

const CHATML = `{%- for m in messages -%}<|{{ m.role }}|>{{ m.content }}{{ eos_token }}{%- endfor -%}
{%- if add_generation_prompt -%}<|assistant|>{%- endif -%}`;
const options = { place: 'tokenizer_config.json', tokens: { eos_token: '<|end|>' } };
const user = { role: 'user', content: 'Hi {{ 7 * 7 }}' } as const;

describe('a chat template', () => {
  it('writes the messages and opens the answer, leaving template syntax in a message alone', () => {
    expect(createChatTemplate(CHATML, options).render({ messages: [user] })).toBe(
      '<|user|>Hi {{ 7 * 7 }}<|end|><|assistant|>',
    );
  });

  it('leaves the beginning of an answer open', () => {
    const messages = [user, { role: 'assistant', content: 'The queue is ' } as const];
    expect(createChatTemplate(CHATML, options).render({ messages })).toMatch(/<\|assistant\|>The queue is $/);
  });

  it('drops the space at the end of a begun answer when the template trims it', () => {
    const trimming = CHATML.replace('m.content', 'm.content | trim');
    const messages = [user, { role: 'assistant', content: 'The queue is ' } as const];
    expect(createChatTemplate(trimming, options).render({ messages })).toMatch(/The queue is$/);
  });

  it('refuses a template that drops the beginning of an answer', () => {
    const template = createChatTemplate('{{ messages[0].content }}', options);
    const messages = [user, { role: 'assistant', content: 'The' } as const];
    expect(() => template.render({ messages })).toThrow(UserError);
  });

  it('knows no date, so that the same prompt is the same tomorrow', () => {
    const dated = createChatTemplate('{{ strftime_now("%Y") if strftime_now is defined else "no date" }}', options);
    expect(dated.render({ messages: [user] })).toBe('no date');
  });

  it('passes on in one sentence what the template itself objects to', () => {
    const refusing = createChatTemplate("{{ raise_exception('System role not supported') }}", options);
    expect(() => refusing.render({ messages: [user] })).toThrow(/tokenizer_config\.json: .*System role not supported/);
  });

  it.each([
    [
      'refuses one',
      "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}",
    ],
    ['leaves it out', ''],
  ])('puts a system message before the first question where it %s', (_how, start) => {
    const turns =
      "{% for m in messages %}{% if m.role != 'system' %}<|{{ m.role }}|>{{ m.content }}{% endif %}{% endfor %}";
    const template = createChatTemplate(start + turns, options);
    const examples = [user, { role: 'assistant', content: 'Ja' }, user] as const;
    const system = { role: 'system', content: 'Be brief.' } as const;
    expect(templateWarnings(template)).toEqual([expect.stringContaining('before the first question')]);
    expect(template.render({ messages: [system, ...examples] })).toBe(
      '<|user|>Be brief.\n\nHi {{ 7 * 7 }}<|assistant|>Ja<|user|>Hi {{ 7 * 7 }}',
    );
    expect(template.render({ messages: [user] })).toBe('<|user|>Hi {{ 7 * 7 }}');
  });

  it('keeps a system message in its own place where there is one', () => {
    const template = createChatTemplate(CHATML, options);
    const messages = [{ role: 'system', content: 'Be brief.' } as const, user];
    expect(templateWarnings(template)).toEqual([]);
    expect(template.render({ messages })).toMatch(/^<\|system\|>Be brief/);
  });

  it('must be Jinja', () => {
    expect(() => createChatTemplate('{% for %}', options)).toThrow(UserError);
  });

  it('is a blank line between messages for a model that has none', () => {
    expect(PLAIN.render({ messages: [{ role: 'system', content: 'Be brief.' }, user] })).toBe(
      'Be brief.\n\nHi {{ 7 * 7 }}',
    );
  });
});
