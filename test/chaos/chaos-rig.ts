import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TableClient } from '@azure/data-tables';
import { QueueServiceClient } from '@azure/storage-queue';
import { startAzurite } from '../../lab/azurite/azurite.js';
import type { HubMessage, Lab } from '../../lab/contracts.js';
import type { HostProcess } from '../../lab/host/process.js';
import { startLab } from '../../lab/start-lab.js';
import type { HealthReport } from '../../src/health/report.js';
import { countUnread, healthOf, parkedOf, settingsOf, startChild, webhookOf } from '../integration/support/rig.js';

// All seeds of a run share one laboratory: together they take the access of more copies than a breaker lets through in an hour.
const settings = { REPAIR_OVERDUE_SECONDS: '5', HUB_CALL_TIMEOUT_MS: '3000', MASS_CHANGE_LIMIT: '1000000' };

/** `CHAOS_LOG=file`: what the app logs goes there. */
const { CHAOS_LOG } = process.env;
const onLine = CHAOS_LOG === undefined ? undefined : (line: string) => appendFileSync(CHAOS_LOG, `${line}\n`);

/** A laboratory with the app in a process that can be killed. */
export interface ChaosRig extends AsyncDisposable {
  readonly lab: Lab;
  health(): Promise<HealthReport>;
  /** From now on Event Grid delivers twice, late and newest first. */
  disturb(): void;
  /** Kills the app's process; another takes its place, at the same address. Resolves when the new one is there. */
  kill(): Promise<void>;
  /** `POST sync`; false where nobody answered, or with neither 200 nor 202. */
  sync(deviceId: string): Promise<boolean>;
  /** A repair by queue, as the app asks itself. */
  enqueue(deviceId: string): Promise<void>;
  /** The latest twin changes of the active hub, once more. */
  deliverAgain(count: number): void;
  /** Ids that the ledger's marks and kept copies name, with the kind. */
  named(): Promise<Map<string, string>>;
  /** What is left to do, in words; empty: nothing. */
  left(): Promise<string>;
}

export async function startChaosRig(): Promise<ChaosRig> {
  const storage = await startAzurite({ outages: true });
  const lab = await startLab({ eventHubsPort: 0, storage });
  let child: HostProcess = await startChild(lab, settings, undefined, onLine);
  lab.setWebhook({ url: webhookOf(child) });
  let restarting: Promise<void> = Promise.resolve();
  const messages: HubMessage[] = [];
  lab.hub('primary').onMessage((message) => {
    if (message.source !== 'twinChangeEvents') return;
    messages.push(message);
    if (messages.length > 50) messages.shift();
  });
  const health = () => healthOf(child, settingsOf(lab, settings));
  const table = TableClient.fromConnectionString(storage.connectionString, 'standbyledger', {
    allowInsecureConnection: true,
  });
  const queue = QueueServiceClient.fromConnectionString(storage.connectionString).getQueueClient('registry-retry');

  return {
    lab,
    health,
    kill() {
      const restart = async () => {
        await child.kill();
        child = await startChild(lab, settings, child, onLine);
      };
      restarting = restarting.then(restart);
      return restarting;
    },
    disturb: () => lab.disturbEventGrid({ duplicate: 0.3, sameId: 0.1, reorder: true, delayInMs: 200 }),
    async sync(deviceId) {
      try {
        const answer = await fetch(`${child.url}/api/devices/${encodeURIComponent(deviceId)}/sync`, {
          method: 'POST',
          headers: { 'x-functions-key': child.functionKey },
        });
        await answer.arrayBuffer();
        return answer.status === 200 || answer.status === 202;
      } catch {
        return false;
      }
    },
    async enqueue(deviceId) {
      const message = { hubName: lab.hub('primary').name, deviceId, attempt: 1 };
      try {
        await queue.sendMessage(Buffer.from(JSON.stringify(message)).toString('base64'));
      } catch {
        // Storage is away: then nobody was asked.
      }
    },
    deliverAgain(count) {
      for (const message of messages.slice(-count)) lab.namespace.append('devicetwin', message.deviceId, message);
    },
    async named() {
      const names = new Map<string, string>();
      for await (const { partitionKey, deviceId } of table.listEntities()) {
        const kind = /~(dirty|kept)$/.exec(partitionKey ?? '')?.[1];
        if (kind !== undefined && typeof deviceId === 'string') names.set(deviceId, kind);
      }
      return names;
    },
    async left() {
      const [unread, report] = [await countUnread(lab, 'devicetwin'), await health()];
      const figures: Record<string, number | null> = {
        unread,
        dirty: report.dirty,
        retryQueue: report.retryQueue,
        poison: report.poison,
        parked: parkedOf(report),
        held: Object.values(report.held).reduce((sum, count) => sum + count, 0),
      };
      return Object.entries(figures)
        .filter(([, count]) => count !== 0)
        .map(([name, count]) => `${name} ${count}`)
        .join(', ');
    },
    async [Symbol.asyncDispose]() {
      await restarting.catch(() => undefined);
      await child.close();
      await lab.close();
      await storage.close();
    },
  };
}

/** Not a wait for something: the pace of what happens to a fleet. */
export const pace = (inMs: number): Promise<void> => sleep(inMs);
