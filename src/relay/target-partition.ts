/**
 * One partition of the source goes to one partition of the target, whatever generation it belongs to, so that the order within it is
 * kept (docs/decisions/0007-relay.md). Ids are `0`, `1`, ... in both; anything else goes by its bytes.
 */
export function targetPartitionOf(sourcePartitionId: string, targetPartitionIds: readonly string[]): string {
  const number = /^\d+$/.test(sourcePartitionId)
    ? Number(sourcePartitionId)
    : [...Buffer.from(sourcePartitionId)].reduce((sum, byte) => sum + byte, 0);
  const found = targetPartitionIds[number % targetPartitionIds.length];
  if (found === undefined) throw new TypeError('an event hub has at least one partition');
  return found;
}
