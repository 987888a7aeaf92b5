/** Loaded with `--import`: writes the address of every module that the process loads to the file that LOADED_MODULES names. */
import { register } from 'node:module';

register(
  `data:text/javascript,${encodeURIComponent(`
    import { appendFileSync } from 'node:fs';
    export async function load(url, context, next) {
      appendFileSync(process.env.LOADED_MODULES, url + '\\n');
      return next(url, context);
    }`)}`,
);
