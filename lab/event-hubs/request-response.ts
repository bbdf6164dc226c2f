import rhea, { type EventContext, type Receiver, type Sender, type Session } from 'rhea';
import { AmqpRefusal, asRefusal } from './amqp-error.js';
import { grantCredit, type ConnectionScope } from './connection-scope.js';
import { readEntity, type ManagementRequest } from './management.js';
import { pathOf, parseAddress } from './entity-address.js';
import { unauthorized, verifySasToken, type Claim } from './sas-token.js';

const { types } = rhea;

type Node = 'cbs' | 'management';

interface NodeRequest {
  properties: Record<string, unknown>;
  body: unknown;
}

/** "Authenticate an application with Microsoft Entra ID to access Event Hubs resources". */
const ENTRA_AUDIENCE = 'https://eventhubs.azure.net';

/** The whole identity may do everything: the laboratory has no roles. */
const verifyJwt = (token: string, audience: string, { verifyBearer, now }: ConnectionScope): Claim => {
  const expiry = verifyBearer?.(token, ENTRA_AUDIENCE);
  if (expiry === undefined || expiry * 1000 <= now()) throw unauthorized('InvalidToken: The token is not good here.');
  return { path: pathOf(audience), expiresAt: expiry * 1000 };
};

/** Some clients put a shared access signature under the type `jwt`: the token itself tells. Throws AmqpRefusal. */
const verifyToken = (token: string, audience: string, scope: ConnectionScope): Claim =>
  /^SharedAccessSignature\s/i.test(token)
    ? verifySasToken(token, audience, scope.policies, scope.now())
    : verifyJwt(token, audience, scope);

const tokenTypes: readonly unknown[] = ['jwt', 'servicebus.windows.net:sastoken'];

/** put-token of AMQP claims-based security 1.0, section 3. */
const putToken = ({ properties, body }: NodeRequest, scope: ConnectionScope): undefined => {
  if (properties['operation'] !== 'put-token') {
    throw new AmqpRefusal('amqp:not-implemented', `$cbs has no operation '${String(properties['operation'])}'.`, 501);
  }
  if (!tokenTypes.includes(properties['type'])) {
    throw unauthorized('InvalidToken: There are shared access signatures and tokens of Microsoft Entra.');
  }
  scope.grant(verifyToken(String(body), String(properties['name']), scope));
};

const read = ({ properties }: NodeRequest, scope: ConnectionScope): object => {
  const { operation, type, name, partition }: ManagementRequest = properties;
  const path = `${String(name)}/$management`;
  // "AMQP 1.0 in Azure Event Hubs: management operations": the .NET client puts no token on $cbs for this node.
  const token = properties['security_token'];
  if (typeof token === 'string' && token !== '') verifyToken(token, path, scope);
  else scope.authorize(path);
  return readEntity(scope.store, { operation, type, name, partition });
};

const perform: Record<Node, (request: NodeRequest, scope: ConnectionScope) => object | undefined> = {
  cbs: putToken,
  management: read,
};

/** The answering link of the same node on the same session. */
const answeringLink = (session: Session | undefined, node: Node): Sender | undefined =>
  session?.find_sender((sender: Sender) => sender.is_open() && parseAddress(sender.source?.address).kind === node);

const answer = (context: EventContext, node: Node, result: { body: unknown } | { refusal: AmqpRefusal }): void => {
  // An int: the .NET client takes another type for a failure (AMQP management 1.0, 3.2: "status-code, integer").
  const outcome =
    'refusal' in result
      ? {
          'status-code': types.wrap_int(result.refusal.status),
          'status-description': result.refusal.message,
          'error-condition': result.refusal.condition,
        }
      : { 'status-code': types.wrap_int(200), 'status-description': 'OK' };
  const reply = rhea.message.encode({
    correlation_id: context.message?.message_id,
    application_properties: outcome,
    body: 'body' in result ? result.body : undefined,
  });
  answeringLink(context.session, node)?.send(reply, undefined, 0);
};

/** Serves the requests to `$cbs` or `$management`: each is answered with its message id as correlation id. */
export const openRequestLink = (receiver: Receiver, node: Node, scope: ConnectionScope): void => {
  const handle = async (context: EventContext): Promise<void> => {
    context.delivery?.accept();
    try {
      await scope.admit();
      const { application_properties: properties = {}, body } = context.message ?? { body: undefined };
      answer(context, node, { body: perform[node]({ properties, body }, scope) });
    } catch (error) {
      const refusal = asRefusal(error);
      scope.log(`event hubs: ${node} answered ${refusal.status}: ${refusal.message}`);
      answer(context, node, { refusal });
    }
  };
  receiver.on('message', (context: EventContext) => void handle(context));
  grantCredit(receiver);
};
