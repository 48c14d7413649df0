import { isTargetSecret } from '../../scaling/targets/target-kinds.ts'
import type { Path } from './paths.ts'

const SECRETS = ['secret', 'bearer', 'password']
const HOLDERS = ['env', 'file']

/** Where a secret may stand: of what tells people, or of what is scaled. */
export const isSecretPath = (path: Path): boolean => isReceiverSecret(path) || isScalingSecret(path)

function isScalingSecret([section, list, target, ...path]: Path): boolean {
  return section === 'scaling' && list === 'nodes' && target === 'target' && isTargetSecret(path)
}

/**
 * Where a secret of a receiver may stand: a key, a token, a password, a header, or a URL, whose path lets in whoever knows
 * it at many receivers. The name of a variable or a file that holds one is none.
 */
function isReceiverSecret(path: Path): boolean {
  const [section, list, , kind, option, holder] = path
  if (section === 'maintenance' && list === 'hooks' && kind === 'command') return true
  if (section === 'maintenance' && list === 'hooks' && kind === 'webhook')
    return option === 'url' || (option === 'secret' && !HOLDERS.includes(String(holder)))
  if (section !== 'notifications' || list !== 'receivers') return false
  if (kind === 'webhook' && (option === 'url' || option === 'headers')) return true
  if (kind === 'alertmanager' && option === 'headers') return true
  return SECRETS.includes(String(option)) && !HOLDERS.includes(String(holder))
}
