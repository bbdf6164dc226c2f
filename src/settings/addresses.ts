import { connectionStringPart, type Connection } from './connection.js';

/** RFC 1123 labels with at least one dot, as every hub and namespace in Azure has. */
const HOST_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** What is wrong with a host name; values are never in it. */
export function hostNameProblem(text: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return 'must be a host name without a scheme';
  if (/\s/.test(text)) return 'must be a host name without spaces';
  if (text.includes('/')) return 'must be a host name without a path';
  if (/:\d*$/.test(text)) return 'must be a host name without a port';
  if (text.endsWith('.')) return 'must be a host name without a dot at its end';
  return HOST_NAME.test(text) ? undefined : 'is no host name';
}

/** The example file's `{braces}` are to be filled in. */
export const holdsPlaceholder = (text: string): boolean => /\{[^{}]*\}/.test(text);

/** Keys of policies and accounts are base64. */
export const isKey = (text: string): boolean => text !== '' && BASE64.test(text);

/** `sb://HOST:PORT/` of an Event Hubs connection string, or undefined where it is none. */
export function namespaceOf(connection: Connection): string | undefined {
  if (connection.kind === 'identity') return connection.address['fullyQualifiedNamespace']?.toLowerCase();
  const endpoint = connectionStringPart(connection.value, 'Endpoint') ?? '';
  return /^sb:\/\/([^/\s]+)\/?$/i.exec(endpoint)?.[1]?.toLowerCase();
}

/** What tells one storage account from another: its blob address, or its name. */
export function accountOf(connection: Connection): string | undefined {
  const part = (name: string) =>
    connection.kind === 'identity' ? undefined : connectionStringPart(connection.value, name);
  if (connection.kind === 'identity') {
    const { accountName, blobServiceUri } = connection.address;
    const ofUri = blobServiceUri === undefined ? undefined : /^https?:\/\/([^/.]+)/i.exec(blobServiceUri)?.[1];
    return (accountName ?? ofUri)?.toLowerCase();
  }
  if (/^UseDevelopmentStorage=true;?$/i.test(connection.value)) return 'UseDevelopmentStorage';
  const endpoint = part('BlobEndpoint')?.replace(/\/+$/, '');
  const isLocal = endpoint !== undefined && !/^https?:\/\/[^/]+\.blob\./i.test(endpoint);
  return (
    isLocal ? endpoint : (part('AccountName') ?? /^https?:\/\/([^/.]+)/i.exec(endpoint ?? '')?.[1])
  )?.toLowerCase();
}
