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

  it('writes a date that stands still, and says so', () => {
    const clocks = ['{{ strftime_now("%Y-%m-%d") }}', '{{ strftime_now("%Y-%m-%d") if strftime_now is defined }}'];
    for (const clock of clocks) {
      const template = createChatTemplate(CHATML + clock, options);
      expect(template.render({ messages: [user] })).toMatch(/2024-07-26$/);
      expect(templateWarnings(template)).toEqual([
        'the chat template writes the date: it is always given 26 July 2024, so that prompts stay the same',
      ]);
    }
    expect(templateWarnings(createChatTemplate(CHATML, options))).toEqual([]);
  });

  it('passes on in one sentence what the template itself objects to', () => {
    const refusing = `{% if messages | length > 2 %}{{ raise_exception('One question only') }}{% endif %}${CHATML}`;
    const messages = [user, { role: 'assistant', content: 'Ja' } as const, user];
    expect(() => createChatTemplate(refusing, options).render({ messages })).toThrow(
      /tokenizer_config\.json: .*One question only.* give the model another template in `chatTemplate`/,
    );
  });

  it.each([
    ['refuses every chat', "{{ raise_exception('no') }}", /says "no"/],
    ['never ends', '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}', /too many steps/],
    ['leaves out what the user says', '{# nothing #}', /leaves it out/],
    ['calls what is not there', '{{ nothing.at_all() }}', /undefined/],
  ])('that %s is refused before any prompt is asked', (_, source, words) => {
    expect(() => createChatTemplate(source, options)).toThrow(UserError);
    expect(() => createChatTemplate(source, options)).toThrow(words);
  });

  it('is given contents in parts where it takes no text', () => {
    const parts = '{% for m in messages %}{% for p in m.content %}{{ p.text if p is mapping }}{% endfor %}{% endfor %}';
    const template = createChatTemplate(parts, options);
    const system = { role: 'system', content: 'Be brief.' } as const;
    expect(template.render({ messages: [system, user] })).toBe('Be brief.Hi {{ 7 * 7 }}');
  });

  it('is given the variables of the entry', () => {
    const thinking = `${CHATML}{% if enable_thinking %}<think>{% endif %}`;
    const variables = { enable_thinking: true, eos_token: '<|stop|>' };
    const messages = [user];
    expect(createChatTemplate(thinking, options).render({ messages })).not.toContain('<think>');
    expect(createChatTemplate(thinking, { ...options, variables }).render({ messages })).toMatch(
      /<\|stop\|>.*<think>$/,
    );
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
