import { BlobServiceClient } from '@azure/storage-blob';
import { z } from 'zod';
import { openConnection } from '../settings.js';

/** What the real host keeps of a timer (WebJobs ScheduleStatus). */
export interface TimerStatus {
  Last: string;
  LastUpdated: string;
  Next: string;
}

const statusSchema = z.object({ Last: z.string(), LastUpdated: z.string(), Next: z.string() });

export interface TimerStatusStore {
  /** Undefined: it never ran, or what is there cannot be read. */
  read(): Promise<TimerStatus | undefined>;
  write(status: TimerStatus): Promise<void>;
}

/** `azure-webjobs-hosts/timers/...`, where the real host keeps it as well (StorageScheduleMonitor). */
export function timerStatusIn(storage: string, functionName: string): TimerStatusStore {
  const service = openConnection('AzureWebJobsStorage', () => BlobServiceClient.fromConnectionString(storage));
  const container = service.getContainerClient('azure-webjobs-hosts');
  const blob = container.getBlockBlobClient(`timers/stand-in/Host.Functions.${functionName}/status`);
  return {
    async read() {
      if (!(await blob.exists())) return undefined;
      try {
        return statusSchema.parse(JSON.parse((await blob.downloadToBuffer()).toString('utf8')));
      } catch (error) {
        if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
        throw error;
      }
    },
    async write(status) {
      await container.createIfNotExists();
      const text = JSON.stringify(status);
      await blob.upload(text, Buffer.byteLength(text));
    },
  };
}
