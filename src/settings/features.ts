import { commaList } from './comma-list.js';

export const features = ['sync', 'routing', 'failover', 'relay'] as const;

/** A part of the app that can be switched on alone. Health is always there. */
export type Feature = (typeof features)[number];

const isFeature = (name: string): name is Feature => features.some((feature) => feature === name);

/** `sync,routing`: each one known, at least one. Names are compared without case. */
export const featuresSchema = commaList.transform((names, context): ReadonlySet<Feature> => {
  const known = names.map((name) => name.toLowerCase()).filter(isFeature);
  if (known.length === 0 || known.length < names.length)
    context.addIssue({ code: 'custom', message: `must be a comma list of ${features.join(', ')}` });
  return new Set(known);
});
