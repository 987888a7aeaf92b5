import { expect, test } from 'vitest';
import { detectLanguage } from '../../../src/core/score/text/language.js';
import '../../support/language-tables.js';

// What langdetect 1.0.9 gives, whatever its seed.
test.each([
  ['The quick brown fox jumps over the lazy dog near the river bank.', 'en'],
  ['Der schnelle braune Fuchs springt über den faulen Hund am Fluss.', 'de'],
  ['El rápido zorro marrón salta sobre el perro perezoso cerca del río.', 'es'],
  ['Le renard brun rapide saute par-dessus le chien paresseux.', 'fr'],
  ['Быстрая коричневая лиса перепрыгивает через ленивую собаку.', 'ru'],
  ['素早い茶色の狐がのろまな犬を飛び越える。', 'ja'],
  ['빠른 갈색 여우가 게으른 개를 뛰어넘는다.', 'ko'],
  ['الثعلب البني السريع يقفز فوق الكلب الكسول.', 'ar'],
  ['वह तेज भूरी लोमड़ी आलसी कुत्ते के ऊपर से कूदती है और नदी के पास जाती है', 'hi'],
  ['Mbweha mwepesi wa kahawia anaruka juu ya mbwa mvivu', 'sw'],
])('%s is %s', (text, language) => {
  expect(detectLanguage(text)).toBe(language);
});

test('a text without letters has no language', () => {
  expect(detectLanguage('')).toBeNull();
  expect(detectLanguage('12345 !!! https://example.org/abc')).toBeNull();
});

test('the same text is always in the same language, however short', () => {
  expect(new Set(Array.from({ length: 20 }, () => detectLanguage('Sure! Here is'))).size).toBe(1);
});

test('megabytes are judged by their beginning', () => {
  expect(detectLanguage(`${'This is an English sentence. '.repeat(200_000)}`)).toBe('en');
  expect(detectLanguage('@'.repeat(5_000_000))).toBeNull();
});
