import type { Identity } from '../hub-model.js';
import { on } from './sync-stop.js';
import type { SyncRun } from './sync-run.js';

/** A connection that is not our own: with REPORTED_STRATEGY=device this process connects as devices, too. */
const isConnected = (run: SyncRun, { key, connectionState }: Identity): boolean =>
  connectionState === 'Connected' && run.reported?.isOurConnection?.(run.target, key) !== true;

/** Of the copy alone, as it was read. */
export const seemsHome = (run: SyncRun, target: Identity | undefined): boolean =>
  target !== undefined && isConnected(run, target);

/** An Edge device connects as its modules. A disabled device's modules cannot connect. */
export const isHome = async (run: SyncRun, target: Identity): Promise<boolean> => {
  if (seemsHome(run, target)) return true;
  if (target.key.moduleId !== undefined || target.status === 'disabled') return false;
  const modules = await on('target', run.targetHub.listModules(target.key.deviceId));
  return modules.some((module) => isConnected(run, module));
};
