// Variables that nobody set: Kubernetes gives every container the addresses of the Services in its namespace, and where one is
// called racecar, or racecar-something, they begin like ours.

// {NAME}_SERVICE_HOST, {NAME}_SERVICE_PORT[_{PORT NAME}], {NAME}_PORT, {NAME}_PORT_{number}_{protocol}[_PROTO|_PORT|_ADDR]
const link =
  /^RACECAR(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/

/** Whether a variable that is no option is such a link. */
export function isServiceLink(name: string, value: string): boolean {
  if (link.test(name) || name === 'RACECAR_PORT') return true
  // RACECAR_METRICS_PORT could as well be a mistyped option of ours: its value tells.
  return name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value)
}
