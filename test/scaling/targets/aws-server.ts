/**
 * EC2 Auto Scaling as far as the size of a group goes: the Query protocol (a form with Action and Version in, XML out),
 * version 2011-01-01, requests signed with Signature Version 4 for the service and the region.
 */
import { type Cloud, cloudThat, type Said, type Speech, take } from './cloud.ts'

export const GROUP = 'millrace-nodes'
export const REGION = 'eu-central-1'
export const KEY_ID = 'AKIDEXAMPLE'
const MAX_SIZE = 50
const XMLNS = 'xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"'
const METADATA =
  '<ResponseMetadata><RequestId>7c6e177f-f082-11e1-ac58-3714bEXAMPLE</RequestId></ResponseMetadata>'
const SIGNATURE = new RegExp(
  `^AWS4-HMAC-SHA256 Credential=${KEY_ID}/\\d{8}/${REGION}/autoscaling/aws4_request, SignedHeaders=[a-z0-9;-]*host[a-z0-9;-]*, Signature=[0-9a-f]{64}$`,
)

const xml = (status: number, body: string): Said => ({
  ...{ status, body: `<?xml version="1.0"?>${body}`, headers: { 'content-type': 'text/xml' } },
})

export const failure = (status: number, code: string, message: string): Said =>
  xml(
    status,
    `<ErrorResponse ${XMLNS}><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>` +
      '<RequestId>0f46a6cf-example</RequestId></ErrorResponse>',
  )

const FAULTS = {
  busy: failure(400, 'ScalingActivityInProgress', 'Scaling activity is in progress'),
  throttled: failure(400, 'Throttling', 'Rate exceeded'),
  denied: failure(403, 'AccessDenied', 'is not authorized to perform: autoscaling:SetDesiredCapacity'),
  broken: failure(500, 'InternalFailure', 'An internal error has occurred'),
}

const instance = (state: string, health: string, number: number): string =>
  `<member><InstanceId>i-${number}</InstanceId><AvailabilityZone>${REGION}a</AvailabilityZone>` +
  `<LifecycleState>${state}</LifecycleState><HealthStatus>${health}</HealthStatus>` +
  '<ProtectedFromScaleIn>false</ProtectedFromScaleIn></member>'

/** Besides what is ready, there is always what isn't: starting, unhealthy, on standby. */
const OTHERS = [
  ['Pending', 'Healthy'],
  ['InService', 'Unhealthy'],
  ['Standby', 'Healthy'],
] as const

function groupXml({ desired, ready }: Cloud): string {
  const works = Array.from({ length: ready }, (_, i) => instance('InService', 'Healthy', i))
  const others = OTHERS.map(([state, health], i) => instance(state, health, 1000 + i))
  return (
    `<member><AutoScalingGroupName>${GROUP}</AutoScalingGroupName><MinSize>0</MinSize><MaxSize>${MAX_SIZE}</MaxSize>` +
    `<DesiredCapacity>${desired}</DesiredCapacity><DefaultCooldown>300</DefaultCooldown>` +
    `<Instances>${works.concat(others).join('')}</Instances></member>`
  )
}

export function autoScaling(): Promise<Cloud> {
  const describe = (form: URLSearchParams, cloud: Cloud): Said => {
    const isKnown = form.get('AutoScalingGroupNames.member.1') === GROUP
    const groups = isKnown ? groupXml(cloud) : ''
    return xml(
      200,
      `<DescribeAutoScalingGroupsResponse ${XMLNS}><DescribeAutoScalingGroupsResult><AutoScalingGroups>${groups}` +
        `</AutoScalingGroups></DescribeAutoScalingGroupsResult>${METADATA}</DescribeAutoScalingGroupsResponse>`,
    )
  }
  const setDesired = (form: URLSearchParams, cloud: Cloud): Said => {
    if (form.get('AutoScalingGroupName') !== GROUP)
      return failure(400, 'ValidationError', 'AutoScalingGroup name not found')
    const units = Number(form.get('DesiredCapacity'))
    if (units > MAX_SIZE)
      return failure(
        400,
        'ValidationError',
        `New SetDesiredCapacity value ${units} is above max value ${MAX_SIZE} for the AutoScalingGroup.`,
      )
    take(cloud, units)
    return xml(200, `<SetDesiredCapacityResponse ${XMLNS}>${METADATA}</SetDesiredCapacityResponse>`)
  }
  const speech: Speech = {
    answer({ method, headers, body }, cloud) {
      const { authorization = '', 'content-type': type = '' } = headers
      if (!SIGNATURE.test(authorization) || headers['x-amz-date'] === undefined)
        return failure(403, 'IncompleteSignature', 'the request signature does not conform to AWS standards')
      if (method !== 'POST' || !type.startsWith('application/x-www-form-urlencoded'))
        return failure(400, 'MalformedQueryString', 'a form is expected')
      const form = new URLSearchParams(body)
      if (form.get('Version') !== '2011-01-01')
        return failure(400, 'NoSuchVersion', 'the version is not known')
      if (form.get('Action') === 'DescribeAutoScalingGroups') return describe(form, cloud)
      if (form.get('Action') === 'SetDesiredCapacity') return setDesired(form, cloud)
      return failure(400, 'InvalidAction', 'the action is not valid for this web service')
    },
    fault: (fault) => FAULTS[fault],
  }
  return cloudThat(speech)
}
