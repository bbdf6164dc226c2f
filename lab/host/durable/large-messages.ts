import { randomUUID } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import { isMissing } from './patient.js';

/** A queue message holds 64 KiB, and base64 takes a third of it. */
const inlineLimit = 45_000;
const mark = 'blob:';

/** Puts what is too large for a queue message into a blob, as the real extension does. */
export function createLargeMessages(container: ContainerClient) {
  return {
    async pack(text: string): Promise<string> {
      const bytes = Buffer.from(text);
      if (bytes.length <= inlineLimit) return bytes.toString('base64');
      const name = `messages/${randomUUID()}`;
      await container.getBlockBlobClient(name).upload(bytes, bytes.length);
      return mark + name;
    },
    async unpack(text: string): Promise<string> {
      if (!text.startsWith(mark)) return Buffer.from(text, 'base64').toString('utf8');
      return (await container.getBlockBlobClient(text.slice(mark.length)).downloadToBuffer()).toString('utf8');
    },
    /** After the message itself is gone. */
    async drop(text: string): Promise<void> {
      if (!text.startsWith(mark)) return;
      try {
        await container.deleteBlob(text.slice(mark.length));
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
  };
}

export type LargeMessages = ReturnType<typeof createLargeMessages>;
