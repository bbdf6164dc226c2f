import { createHash } from 'node:crypto';
import type { IdentityKey } from '../../hub-model.js';

/** What a table key may hold untouched; `_` is the escape sign, `~` the separator, so neither is among them. */
const ESCAPED = /[^A-Za-z0-9.:,;=@$!()*-]/gu;
/** 1 KiB of UTF-16 (Azure Tables, "Understanding the Table service data model"). */
const MAX_KEY_LENGTH = 512;

/** Readable and reversible text of `A-Z a-z 0-9 . : , ; = @ $ ! ( ) * -` with `_hh` for every other byte of UTF-8. Case is kept. */
export const encodeText = (text: string): string =>
  text.replace(ESCAPED, (character) =>
    [...Buffer.from(character, 'utf8')].map((byte) => `_${byte.toString(16).padStart(2, '0')}`).join(''),
  );

export const decodeText = (text: string): string =>
  text.replace(/(?:_[0-9a-f]{2})+/g, (run) => Buffer.from(run.replaceAll('_', ''), 'hex').toString('utf8'));

/**
 * The RowKey of an identity: `/ \ # ?` and control characters are not allowed there, all of them but `/` and `\` are in ids.
 * Ids so full of them that the key would be too long get a digest instead (`~~...`); their row names them in its columns.
 */
export const encodeRowKey = (key: IdentityKey): string => {
  const plain =
    key.moduleId === undefined ? encodeText(key.deviceId) : `${encodeText(key.deviceId)}~${encodeText(key.moduleId)}`;
  return plain.length <= MAX_KEY_LENGTH ? plain : `~~${createHash('sha256').update(plain).digest('hex')}`;
};

/** The ids in a RowKey; `undefined` for a digest. */
export const decodeRowKey = (rowKey: string): IdentityKey | undefined => {
  if (rowKey.startsWith('~~')) {
    return undefined;
  }
  const [deviceId = '', moduleId] = rowKey.split('~').map(decodeText);
  return moduleId === undefined ? { deviceId } : { deviceId, moduleId };
};
