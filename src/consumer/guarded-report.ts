/**
 * The user's onError, as the processor calls it: neither what it throws nor what it rejects with reaches the caller, which has a partition
 * or a generation to look after. It is told as a warning of the process, by name alone: messages may hold what no log should.
 */
export function guardedReport(onError: (error: unknown) => unknown): (error: unknown) => void {
  const tell = async (error: unknown): Promise<void> => {
    try {
      await onError(error);
    } catch (failure) {
      warn(failure);
    }
  };
  return (error) => void tell(error);
}

function warn(failure: unknown): void {
  const name = failure instanceof Error ? failure.name : typeof failure;
  process.emitWarning(`onError of the consumer's handlers failed: ${name}`, { type: 'ConsumerWarning' });
}
