import { expect, it } from 'vitest';
import { readHostConfig } from '../../../lab/host/host-config.js';

it('a killed activity comes back after 5 minutes, unless host.json says otherwise', async () => {
  const { durableTask } = await readHostConfig({ version: '2.0' }, {});
  expect(durableTask.storageProvider.workItemQueueVisibilityTimeout).toBe(300_000);
  const storageProvider = { workItemQueueVisibilityTimeout: '00:00:30' };
  const set = await readHostConfig({ version: '2.0', extensions: { durableTask: { storageProvider } } }, {});
  expect(set.durableTask.storageProvider.workItemQueueVisibilityTimeout).toBe(30_000);
});
