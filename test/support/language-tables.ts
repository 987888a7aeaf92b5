/** Lets scorers read the language tables, as the program does when it starts. */
import { readLanguageTablesWith } from '../../src/core/score/text/language-tables.js';
import { readLanguageTable } from '../../src/system/language-tables.js';

readLanguageTablesWith(readLanguageTable);
