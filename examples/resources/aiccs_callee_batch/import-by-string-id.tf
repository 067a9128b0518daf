import {
  to = aiccs_callee_batch.december
  id = "118000000000000001/123000000000000001"
}
