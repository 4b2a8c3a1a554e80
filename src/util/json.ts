/**
 * JSON with what it lacks: 64-bit integers, bytes and maps, each as an object with one name that begins with `$`.
 */

export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, replace, indent);
}

/** Throws SyntaxError for what is no JSON. */
export function fromJson(text: string): unknown {
  return JSON.parse(text, revive) as unknown;
}

function replace(this: unknown, name: string, value: unknown): unknown {
  // Buffers come as what their toJSON answers; the value itself is in the holder.
  const own = (this as Record<string, unknown>)[name];
  if (typeof own === 'bigint') return { $integer: own.toString() };
  if (Buffer.isBuffer(own)) return { $bytes: own.toString('base64') };
  if (own instanceof Map) return { $map: [...own] };
  return value;
}

function revive(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$integer' in value) return BigInt(value.$integer as string);
  if ('$bytes' in value) return Buffer.from(value.$bytes as string, 'base64');
  if ('$map' in value) return new Map(value.$map as [unknown, unknown][]);
  return value;
}
