import { Rejection } from "./rejection.ts";
import { corrupt } from "./structure.ts";

/**
 * What an error of the decoder says about the original it read. A lack of memory or a mistake of ours says nothing
 * about it and comes back as it is, to be tried again: a good picture must not be refused for either.
 */
export function verdict(cause: unknown): unknown {
  if (!(cause instanceof Error) || Object.getPrototypeOf(cause) !== Error.prototype) return cause;
  const { message } = cause;
  if (/^Expected |lockDown/.test(message)) return cause;
  if (/timeout/i.test(message)) return new Rejection("took_too_long", message, { cause });
  if (/pixel limit/i.test(message)) return new Rejection("too_many_pixels", message, { cause });
  if (/out of memory|unable to allocate|could not allocate/i.test(message)) return cause;
  if (/unsupported (feature|codec|jpeg|sof|bit|color)/i.test(message))
    return new Rejection("unsupported_type", message, { cause });
  return corrupt(message, cause);
}
