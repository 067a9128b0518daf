import {
  to = aiccs_callee_batch.december
  id = "118000000000000001/118000000000000002"
}
