import type { z } from 'zod';
import { routingDocumentSchema, type RoutingDocument } from './document.js';

export type ParsedDocument =
  { kind: 'document'; document: RoutingDocument } | { kind: 'invalid'; problems: readonly string[] };

/** What is allowed, from the schema alone: nothing of the blob is quoted but names of fields that the schema has. */
function allowed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'invalid_type':
      return `must be of type ${issue.expected}`;
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `must be ${Number(issue.minimum)} or more`;
    case 'too_big':
      return `must be ${Number(issue.maximum)} or less`;
    case 'invalid_format':
      return 'must be a time such as 2026-01-01T00:00:00.000Z';
    case 'custom':
      return issue.message;
    default:
      return 'is not as it must be';
  }
}

const pathOf = ({ path }: z.core.$ZodIssue): string => (path.length === 0 ? 'the document' : path.join('.'));

/** The text of the blob. Never throws: what is wrong comes back as one sentence for each field. */
export function parseDocument(text: string): ParsedDocument {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: 'invalid', problems: ['the document: must be JSON'] };
  }
  const parsed = routingDocumentSchema.safeParse(json);
  if (parsed.success) return { kind: 'document', document: parsed.data };
  return { kind: 'invalid', problems: parsed.error.issues.map((issue) => `${pathOf(issue)}: ${allowed(issue)}`) };
}
