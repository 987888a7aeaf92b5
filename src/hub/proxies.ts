/** The proxies a user's environment names, as undici's EnvHttpProxyAgent takes them; empty strings stand for none. */
export function proxiesOf(environment: Readonly<Record<string, string | undefined>>) {
  const { http_proxy, HTTP_PROXY, https_proxy, HTTPS_PROXY, no_proxy, NO_PROXY } = environment;
  return {
    httpProxy: http_proxy ?? HTTP_PROXY ?? '',
    httpsProxy: https_proxy ?? HTTPS_PROXY ?? '',
    noProxy: no_proxy ?? NO_PROXY ?? '',
  };
}
