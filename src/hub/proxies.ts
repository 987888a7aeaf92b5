/**
 * Reads the user's environment for undici's agents: proxies, the hosts that need no proxy, and certificates of private
 * authorities. undici itself understands names and `*` in `NO_PROXY`. Other programs also understand ranges of addresses
 * (`10.0.0.0/8`), so this file handles those.
 */
import { BlockList, isIP, isIPv6 } from 'node:net';
import { rootCertificates } from 'node:tls';
import { describeError, UserError } from '../core/errors.js';
import { readTextSync } from '../system/path.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the options of an EnvHttpProxyAgent. An empty string means no proxy.
 *
 * @param host the server, when the agent serves only one.
 * @throws UserError for a proxy that is not a URL, or a file of certificates that cannot be read.
 */
export function proxiesOf(environment: Environment, host = '') {
  const { http_proxy, HTTP_PROXY, https_proxy, HTTPS_PROXY, no_proxy, NO_PROXY } = environment;
  const noProxy = no_proxy ?? NO_PROXY ?? '';
  const direct = isInRange(host, noProxy);
  const tls = authoritiesOf(environment);
  return {
    httpProxy: direct ? '' : proxyUrl('HTTP_PROXY', http_proxy ?? HTTP_PROXY ?? ''),
    httpsProxy: direct ? '' : proxyUrl('HTTPS_PROXY', https_proxy ?? HTTPS_PROXY ?? ''),
    noProxy,
    ...(tls && { requestTls: tls, proxyTls: tls, connect: tls }),
  };
}

/** Many systems write `proxy:3128`. An error does not repeat the value, because it may hold a password. */
function proxyUrl(variable: string, value: string): string {
  const text = value.trim();
  if (text === '') return '';
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const protocol = URL.canParse(whole) ? new URL(whole).protocol : null;
  if (protocol === 'http:' || protocol === 'https:') return whole;
  throw new UserError(
    `${variable}: expected a proxy as in http://proxy.example.com:3128, found ${protocol === null ? 'something else' : `the protocol ${protocol.slice(0, -1)}`}; ` +
      'set it again, or name the server in NO_PROXY',
  );
}

/** Whether an address lies in a range that the list of hosts contains. */
function isInRange(host: string, list: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  if (isIP(address) === 0) return false;
  const ranges = new BlockList();
  for (const entry of list.split(/[\s,]+/)) {
    const [network = '', bits = ''] = entry.split('/');
    const longest = isIPv6(network) ? 128 : 32;
    if (isIP(network) === 0 || !/^\d+$/.test(bits) || Number(bits) > longest) continue;
    ranges.addSubnet(network, Number(bits), isIPv6(network) ? 'ipv6' : 'ipv4');
  }
  return ranges.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * Returns the certificate authorities of Node and of the user. Node itself reads only `NODE_EXTRA_CA_CERTS`; other programs
 * read `SSL_CERT_FILE`.
 */
export function authoritiesOf({ SSL_CERT_FILE, NODE_EXTRA_CA_CERTS }: Environment): { ca: string[] } | null {
  if (!SSL_CERT_FILE) return null;
  const files = [SSL_CERT_FILE, NODE_EXTRA_CA_CERTS].filter((file) => file !== undefined && file !== '');
  return { ca: [...rootCertificates, ...files.map((file) => certificatesIn(file!))] };
}

function certificatesIn(file: string): string {
  try {
    const text = readTextSync(file);
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (error) {
    throw new UserError(`SSL_CERT_FILE: expected certificates in ${file}, found none (${describeError(error)})`);
  }
  throw new UserError(`SSL_CERT_FILE: expected certificates in PEM form in ${file}, found none; name another file`);
}

/** Tells the user what to do when a certificate is not trusted; null for every other failure. */
export function certificateRemedy(code: string | undefined): string | null {
  switch (code) {
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'this machine does not trust the authority of its certificate; set SSL_CERT_FILE to a file with the certificate of that authority';
    case 'CERT_HAS_EXPIRED':
      return 'its certificate has expired, or the clock of this machine is wrong';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'its certificate is for another host; check the name in the URL';
    default:
      return null;
  }
}
