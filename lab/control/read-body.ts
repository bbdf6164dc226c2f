import type { Context } from 'hono';
import type { z } from 'zod';
import { ControlError, invalidBody } from './errors.js';

/** JSON only, by its content type too: a web page cannot send that without asking first (CORS preflight, which nothing here answers). */
export const readBody = async <S extends z.ZodType>(context: Context, schema: S): Promise<z.output<S>> => {
  const contentType = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (contentType !== 'application/json') throw new ControlError(400, 'notJson', 'send content-type: application/json');
  const body: unknown = await context.req.json().catch(() => {
    throw new ControlError(400, 'notJson', 'the body is not JSON');
  });
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw invalidBody(parsed.error);
  return parsed.data;
};

/**
 * The same where no body means `{}`. A browser says where its page comes from with each POST (Fetch, "Append a request `Origin` header"), so a
 * page still can't ask without the preflight.
 */
export const readOptionalBody = async <S extends z.ZodType>(context: Context, schema: S): Promise<z.output<S>> => {
  const isEmpty = (await context.req.text()) === '';
  if (!isEmpty || context.req.header('origin') !== undefined) return readBody(context, schema);
  return schema.parse({});
};
