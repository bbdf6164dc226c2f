import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Three distinct kinds: the host's master key, the function (host-level `default`) key, the Event Grid extension's system key. */
export interface HostKeys {
  masterKey: string;
  functionKey: string;
  systemKey: string;
}

const newKey = (): string => randomBytes(40).toString('base64url');

/** New random keys, where none are given. */
export function createKeys(given: Partial<HostKeys> = {}): HostKeys {
  return {
    masterKey: given.masterKey ?? newKey(),
    functionKey: given.functionKey ?? newKey(),
    systemKey: given.systemKey ?? newKey(),
  };
}

/** A function's own key, which opens that function alone ("Work with access keys in Azure Functions"). */
export const ownKeyOf = ({ functionKey }: Pick<HostKeys, 'functionKey'>, functionName: string): string =>
  createHash('sha256').update(`${functionKey} ${functionName}`).digest('base64url');

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether the offered key is one of the allowed ones; the time it takes does not depend on how much of it is right. */
export function keyMatches(offered: string | undefined, allowed: readonly string[]): boolean {
  const actual = digest(offered ?? '');
  // No early exit: every key is compared.
  return allowed.map((key) => timingSafeEqual(actual, digest(key))).includes(true) && offered !== undefined;
}
