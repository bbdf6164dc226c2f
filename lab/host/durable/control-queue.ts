import { z } from 'zod';
import type { Message } from './contract.js';
import type { HubQueue } from './hub-queue.js';

const controlSchema = z.union([z.object({ adopt: z.string() }), z.object({ message: z.custom<Message>() })]);

/** What only the host that runs the orchestrations can do. `adopt`: the id of an instance that nobody runs. */
export type Control = z.infer<typeof controlSchema>;

const claimInSeconds = 5;

/** The queue by which the other hosts of a task hub speak to the one that runs the orchestrations. */
export function createControlQueue(queue: HubQueue) {
  return {
    /** Resolves when it cannot be lost any more. */
    send: async (what: Control): Promise<void> => void (await queue.send(JSON.stringify(what))),
    /** Whether there was anything. `take`: false when another host runs the orchestrations by now; it gets the message at once. */
    async poll(take: (what: Control) => Promise<boolean>): Promise<boolean> {
      const claimed = await queue.receive(32, claimInSeconds);
      for (const one of claimed) {
        const taken = await take(controlSchema.parse(JSON.parse(one.text)));
        await (taken ? queue.drop(one) : queue.keep(one, 0));
      }
      return claimed.length > 0;
    },
  };
}
