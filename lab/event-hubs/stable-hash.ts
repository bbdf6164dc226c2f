/** FNV-1a over UTF-8, 32 bits: the same number for the same key in every process. The service uses another (Jenkins) function. */
export const stableHash = (key: string): number => {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(key, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
};
