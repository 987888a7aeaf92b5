/** What may be shown of the address of a Redis. */

/** A text without the user and the password of the addresses in it. A password may hold an `@`. */
export function withoutPassword(text: string): string {
  return text.replace(/(rediss?:\/\/)[^/\s]*@/g, '$1');
}
