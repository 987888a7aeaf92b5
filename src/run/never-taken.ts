/** What of an entry no machine takes from a queue, whomever it trusts. */
import type { Model } from '../core/definition/model.js';

/** What of an entry would run or read something of this machine that its user did not name. */
export function whatIsNeverTaken(model: Model): string | null {
  if ('server' in model && model.server !== undefined) return 'starts a command';
  if (model.backend === 'scripted') return 'names a script';
  if ('library' in model && model.library !== undefined) return 'loads a library';
  if ('lora' in model && model.lora.length > 0) return 'names files of adapters';
  // A template is a text, or the name of a file.
  if ('chatTemplate' in model && model.chatTemplate !== undefined && !/\{[{%#]/.test(model.chatTemplate))
    return 'names a file with a chat template';
  if ('file' in model && model.file?.split(/[\\/]/).includes('..')) return 'names a file outside of its folder';
  return null;
}
