import { appDefinitions } from './app-definitions.js';
import { consumerDefinitions } from './consumer-definitions.js';
import { mirrorDefinitions } from './mirror-definitions.js';

/**
 * Every setting that the app reads: what is read, README's table and local.settings.example.json are all made from this list, in its
 * order, so that they can't differ.
 */
export const definitions = { ...appDefinitions, ...mirrorDefinitions, ...consumerDefinitions };
