interface ClientInputOptions {
  hubName: string;
  /** Where the management URLs begin, such as `https://WEBSITE_HOSTNAME`. */
  origin: string;
  /** The loopback address that the library itself calls, with a slash at the end. */
  rpcBaseUrl: string;
  systemKey: string;
}

/** Where the webhooks of the extension live. */
export const webhookBase = '/runtime/webhooks/durabletask/';

/** What a `durableClient` input binding holds: durable-functions, OrchestrationClientInputData. */
export function clientInput({ hubName, origin, rpcBaseUrl, systemKey }: ClientInputOptions): object {
  const id = 'INSTANCEID';
  const baseUrl = `${origin}${webhookBase.slice(0, -1)}`;
  const query = `taskHub=${hubName}&connection=Storage&code=${systemKey}`;
  const instance = `${baseUrl}/instances/${id}`;
  return {
    taskHubName: hubName,
    baseUrl,
    requiredQueryStringParameters: `code=${systemKey}`,
    rpcBaseUrl,
    creationUrls: {
      createNewInstancePostUri: `${baseUrl}/orchestrators/{functionName}[/{instanceId}]?code=${systemKey}`,
      createAndWaitOnNewInstancePostUri: `${baseUrl}/orchestrators/{functionName}[/{instanceId}]?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&code=${systemKey}`,
    },
    managementUrls: {
      id,
      statusQueryGetUri: `${instance}?${query}`,
      sendEventPostUri: `${instance}/raiseEvent/{eventName}?${query}`,
      terminatePostUri: `${instance}/terminate?reason={text}&${query}`,
      purgeHistoryDeleteUri: `${instance}?${query}`,
      restartPostUri: `${instance}/restart?${query}`,
      rewindPostUri: `${instance}/rewind?reason={text}&${query}`,
      suspendPostUri: `${instance}/suspend?reason={text}&${query}`,
      resumePostUri: `${instance}/resume?reason={text}&${query}`,
    },
  };
}
